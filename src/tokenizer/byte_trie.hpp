#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer.hpp"

namespace winnow::tokenizer {

/// Texts with ids, to find which of them begin a text.
class ByteTrie {
 public:
  struct Entry {
    std::string text;
    TokenId id = 0;
  };
  /// Of equal texts the last counts; empty texts are never found.
  explicit ByteTrie(std::vector<Entry> entries);

  /// Calls visit(size, id) for every entry that begins `text`, by rising size.
  template <typename Visit>
  void for_each_prefix(std::string_view text, Visit visit) const {
    std::uint32_t node = 0;
    for (std::size_t size = 0; size < text.size();) {
      node = child_of(node, static_cast<unsigned char>(text[size]));
      if (node == 0) return;
      ++size;
      if (ids_[node] >= 0) visit(size, ids_[node]);
    }
  }

 private:
  /// 0: none; the root is nobody's child.
  [[nodiscard]] std::uint32_t child_of(std::uint32_t node, unsigned char byte) const;

  // By node; the children of a node stand together, by rising byte.
  std::vector<std::uint32_t> first_child_;  // one entry more than nodes
  std::vector<unsigned char> bytes_;
  std::vector<TokenId> ids_;  // -1: no entry ends here
  std::array<std::uint32_t, 256> root_children_{};
};

}  // namespace winnow::tokenizer
