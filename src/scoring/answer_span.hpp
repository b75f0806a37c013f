#pragma once

#include <cstdint>

#include "data/prompt_template.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

/// Tokens [begin, end) of an encoded text.
struct TokenSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] std::uint32_t size() const { return end - begin; }
  bool operator==(const TokenSpan&) const = default;
};

/// The tokens that are scored: those whose bytes end after `answer_begin` and begin before
/// `scored_end`. A token that holds characters of prompt and answer belongs to the answer. Empty
/// (begin == end) where no token qualifies.
[[nodiscard]] TokenSpan answer_span(const data::RenderedText& rendered,
                                    const tokenizer::Encoding& encoding);

}  // namespace winnow::scoring
