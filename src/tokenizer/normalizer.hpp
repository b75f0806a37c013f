#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/normalized_text.hpp"
#include "tokenizer/pattern_finder.hpp"
#include "tokenizer/precompiled_map.hpp"

namespace winnow::tokenizer {

/// Rewrites texts by the steps of tokenizer.json's normalizer, with the offsets that Hugging Face's
/// `tokenizers` gives.
class Normalizer {
 public:
  /// @param file  its name in messages
  /// @throws core::ModelError for a regular expression that is malformed or not supported.
  Normalizer(std::span<const NormalizerStep> steps, const std::string& file);

  /// Bytes `place` of `original`, which is valid UTF-8, after the steps.
  [[nodiscard]] NormalizedText normalize(std::string_view original, ByteSpan place) const;

 private:
  struct Replace {
    PatternFinder pattern;
    std::string content;
  };
  using Step = std::variant<UnicodeForm, BertNormalizerStep, LowercaseStep, StripStep,
                            StripAccentsStep, NmtStep, Replace, PrependStep, PrecompiledMap>;

  void add(const ReplaceStep& step, const std::string& file);
  void add(const PrecompiledStep& step, const std::string& file);
  template <typename Plain>
  void add(const Plain& step, const std::string& file);
  static void apply(const Replace& step, NormalizedText& text);

  std::vector<Step> steps_;
};

/// One space or another text before the first character, for which it stands; nothing before
/// nothing.
[[nodiscard]] NormalizedText with_prefix(const NormalizedText& text, std::string_view prefix);

/// Each match replaced; the content stands for the last character of what it replaces.
[[nodiscard]] NormalizedText with_replaced(const NormalizedText& text,
                                           std::span<const ByteSpan> matches,
                                           std::string_view content);

}  // namespace winnow::tokenizer
