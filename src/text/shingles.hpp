#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/words.hpp"

namespace winnow::text {

/// The word n-grams of texts as 64-bit hashes (words as in WordScanner).
class ShingleScanner {
 public:
  /// @param words  of a shingle, at least 1
  explicit ShingleScanner(std::size_t words) : words_(words) {}

  /// Those of a text, ascending and distinct. A text of fewer words has one shingle of them all,
  /// one without words itself (`A` and `B` are no duplicates), an empty one none.
  [[nodiscard]] std::vector<std::uint64_t> distinct(std::string_view text);

 private:
  std::size_t words_;
  WordScanner scanner_;
};

}  // namespace winnow::text
