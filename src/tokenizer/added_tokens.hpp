#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// A stretch of a text: an added token, or text between them.
struct Segment {
  ByteSpan place;
  std::optional<TokenId> added;
};

/// Finds added tokens that are written out in a text: from left to right, at each place the
/// longest.
class AddedTokenFinder {
 public:
  /// The tokens to look for; `content` as it is to be found; of two that are equal the first
  /// counts.
  explicit AddedTokenFinder(std::span<const AddedToken> tokens);

  /// The whole text as segments in order, none empty. Neighbouring spaces belong to tokens with
  /// lstrip or rstrip.
  [[nodiscard]] std::vector<Segment> split(std::string_view text) const;

 private:
  struct Child {
    char byte = 0;
    std::size_t node = 0;
  };
  struct Node {
    std::vector<Child> children;
    std::optional<std::size_t> token;
  };
  struct Match {
    const AddedToken* token = nullptr;
    ByteSpan place;
  };
  [[nodiscard]] std::optional<std::size_t> child_of(std::size_t node, char byte) const;
  [[nodiscard]] std::optional<Match> next_match(std::string_view text, std::size_t from) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_;  // a trie; 0 is its root
  std::array<bool, 256> is_first_byte_{};
};

}  // namespace winnow::tokenizer
