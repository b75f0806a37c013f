#pragma once

#include <string_view>
#include <vector>

#include "tokenizer/byte_trie.hpp"
#include "tokenizer/definition.hpp"
#include "tokenizer/word_token.hpp"

namespace winnow::tokenizer {

/// BERT's model: from the left the longest token, behind the first one among those with the
/// continuing prefix. A word with a rest that no token begins, or with too many characters, is one
/// unknown token.
class WordPiece {
 public:
  explicit WordPiece(const WordPieceDefinition& definition);

  struct Workspace {};
  /// The tokens of a word in order, appended to `tokens`. Time: the word's bytes times the longest
  /// token's.
  void encode(std::string_view word, Workspace& workspace, std::vector<WordToken>& tokens) const;

 private:
  ByteTrie first_;
  ByteTrie continuing_;  // without the prefix
  TokenId unknown_;
  std::size_t max_word_characters_;
};

}  // namespace winnow::tokenizer
