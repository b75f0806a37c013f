#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/pattern_finder.hpp"

namespace winnow::tokenizer {

/// Makes texts of tokens by the steps of tokenizer.json's decoder.
class Decoder {
 public:
  /// @param file  its name in messages
  /// @throws core::ModelError for a regular expression that is malformed or not supported.
  Decoder(const std::optional<std::vector<DecoderStep>>& steps, const std::string& file);

  /// `tokens` as the vocabulary spells them. Valid UTF-8 if they are.
  [[nodiscard]] std::string decode(std::vector<std::string> tokens) const;

 private:
  struct Replace {
    PatternFinder pattern;
    std::string content;
  };
  using Step = std::variant<ByteLevelDecoder, ByteFallbackDecoder, FuseDecoder, StripDecoder,
                            WordPieceDecoder, MetaspaceDecoder, Replace>;
  static void apply(const Replace& step, std::vector<std::string>& tokens);

  std::vector<Step> steps_;
  bool joins_with_spaces_;
};

}  // namespace winnow::tokenizer
