#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "text/words.hpp"

namespace winnow::text {

/// An n-gram as 96 bits: `hash` and `check` are computed from separate halves of the words' 128-bit
/// hashes.
struct NgramHash {
  std::uint64_t hash = 0;
  std::uint32_t check = 0;
  bool operator==(const NgramHash&) const = default;
};

/// The word n-grams, n = 1, 2, 3, of a text (words as in WordScanner).
class NgramScanner {
 public:
  void start(std::string_view text);

  /// The n-grams that end with the next word, shortest first: 1, 2 or 3 of them, none at the end of
  /// the text. Valid until the next call.
  [[nodiscard]] std::span<const NgramHash> next();

  /// The word that `next` read.
  [[nodiscard]] std::string_view word() const { return words_.word(); }

 private:
  struct Chain {
    std::uint64_t hash = 0;
    std::uint64_t check = 0;
  };
  static Chain extend(const Chain& head, const Chain& word);

  WordScanner words_;
  std::size_t read_ = 0;  // words of this text, at most 3
  Chain last_word_;
  Chain last_bigram_;
  std::array<NgramHash, 3> found_;
};

}  // namespace winnow::text
