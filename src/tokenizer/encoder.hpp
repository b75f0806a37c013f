#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/added_tokens.hpp"
#include "tokenizer/bpe.hpp"
#include "tokenizer/definition.hpp"
#include "tokenizer/pre_tokenizer.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::tokenizer {

/// The way from a text to tokens: added tokens are found, the rest is normalized, cut into words,
/// and each word tokenized.
class Encoder {
 public:
  /// @param file  its name in messages
  Encoder(const Definition& definition, const std::string& file);

  /// Without the special tokens around the text. `text` must be valid UTF-8.
  /// @throws core::DataError for invalid UTF-8 or 4 GiB and more.
  [[nodiscard]] Encoding encode(std::string_view text) const;
  [[nodiscard]] const Bpe& model() const { return model_; }

 private:
  friend class Run;
  std::vector<NormalizerStep> normalizer_;
  AddedTokenFinder literal_finder_;
  AddedTokenFinder normalized_finder_;
  PreTokenizer pre_tokenizer_;
  Bpe model_;
  bool trim_offsets_;
  bool add_prefix_space_;
};

}  // namespace winnow::tokenizer
