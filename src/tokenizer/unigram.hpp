#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tokenizer/byte_trie.hpp"
#include "tokenizer/definition.hpp"
#include "tokenizer/word_token.hpp"

namespace winnow::tokenizer {

/// SentencePiece's unigram language model: the cut of a word into tokens with the largest sum of
/// scores (Viterbi). A character without a token counts as unknown; neighbouring unknown ones are
/// one token, or byte tokens where the file says so.
class Unigram {
 public:
  explicit Unigram(const UnigramDefinition& definition);

  /// Buffers that encode() reuses; one per thread.
  struct Workspace {
    struct Node {
      double score = 0;
      std::uint32_t begin = 0;  // of the last token of the best path to here
      TokenId id = kUnreached;
    };
    std::vector<Node> best;  // by the byte where a path ends
    std::vector<WordToken> path;
  };

  /// The tokens of a word in order, appended to `tokens`. Memory linear in its bytes, time in its
  /// bytes times the longest token's.
  /// @throws core::DataError for an unknown character where the vocabulary has no unknown token.
  void encode(std::string_view word, Workspace& workspace, std::vector<WordToken>& tokens) const;

 private:
  static constexpr TokenId kUnreached = -2;
  static constexpr TokenId kUnknown = -1;

  void find_best_path(std::string_view word, Workspace& workspace) const;
  void push_unknown(std::string_view word, const WordToken& piece,
                    std::vector<WordToken>& tokens) const;

  ByteTrie trie_;
  std::vector<double> scores_;
  double unknown_score_;
  std::optional<TokenId> unknown_;
  std::vector<TokenId> fallback_ids_;  // of <0x..>, by byte; empty: no fallback
};

}  // namespace winnow::tokenizer
