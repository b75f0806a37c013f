#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// A stretch of the encoded text as the model sees it, and where each byte of it comes from.
class NormalizedText {
 public:
  /// Bytes `place` of `original`, unchanged. Refers to `original`.
  NormalizedText(std::string_view original, ByteSpan place);
  /// `bytes` instead of what stood there; sources[i] is the part of the whole original that
  /// bytes[i] stands for.
  NormalizedText(std::string bytes, std::vector<ByteSpan> sources);

  [[nodiscard]] std::string_view bytes() const { return sources_.empty() ? view_ : own_; }
  /// The part of the original that bytes [begin, end) stand for, whole characters; begin < end.
  [[nodiscard]] ByteSpan source_of(std::size_t begin, std::size_t end) const;

 private:
  std::string_view view_;
  std::uint32_t shift_ = 0;
  std::string own_;
  std::vector<ByteSpan> sources_;  // empty: the identity on view_
};

/// Bytes `place` of `original` after the steps. As Hugging Face's `tokenizers` does it: composition
/// by the tables of Unicode 9, and a composed character stands for the first of the characters that
/// it was made of.
[[nodiscard]] NormalizedText normalize(std::span<const NormalizerStep> steps,
                                       std::string_view original, ByteSpan place);

}  // namespace winnow::tokenizer
