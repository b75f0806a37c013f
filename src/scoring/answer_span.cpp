#include "scoring/answer_span.hpp"

#include <algorithm>

#include "core/checked_cast.hpp"

namespace winnow::scoring {

TokenSpan answer_span(const data::RenderedText& rendered, const tokenizer::Encoding& encoding) {
  const auto count = core::checked_cast<std::uint32_t>(encoding.ids.size());
  std::uint32_t begin = 0;
  while (begin < count && encoding.end[begin] <= rendered.answer_begin) ++begin;
  std::uint32_t end = count;
  // Tokens that the tokenizer added after the text stand at (0, 0).
  while (end > begin &&
         (encoding.begin[end - 1] >= rendered.scored_end || encoding.end[end - 1] == 0))
    --end;
  return {begin, end};
}

}  // namespace winnow::scoring
