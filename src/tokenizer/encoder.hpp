#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenizer/added_tokens.hpp"
#include "tokenizer/bpe.hpp"
#include "tokenizer/definition.hpp"
#include "tokenizer/normalizer.hpp"
#include "tokenizer/pre_tokenizer.hpp"
#include "tokenizer/tokenizer.hpp"
#include "tokenizer/trim_offsets.hpp"
#include "tokenizer/unigram.hpp"
#include "tokenizer/word_piece.hpp"

namespace winnow::tokenizer {

using Model = std::variant<Bpe, WordPiece, Unigram>;

/// The way from a text to tokens: added tokens are found, the rest is normalized, cut into words,
/// and each word tokenized.
class Encoder {
 public:
  /// @param file  its name in messages
  Encoder(const Definition& definition, const std::string& file);

  /// Without the special tokens around the text. `text` must be valid UTF-8.
  /// @throws core::DataError for invalid UTF-8 or 4 GiB and more.
  [[nodiscard]] Encoding encode(std::string_view text) const;
  /// An added token's content as it is looked for: normalized where the token says so.
  [[nodiscard]] const std::vector<AddedToken>& added_tokens() const { return added_tokens_; }

 private:
  template <typename AnyModel>
  friend class Run;
  Normalizer normalizer_;
  std::vector<AddedToken> added_tokens_;
  AddedTokenFinder literal_finder_;
  AddedTokenFinder normalized_finder_;
  PreTokenizer pre_tokenizer_;
  Model model_;
  bool trim_offsets_;
  bool add_prefix_space_;
  std::vector<Blanks> blanks_;  // of the model's tokens by id; none where offsets are not trimmed
};

}  // namespace winnow::tokenizer
