#include "scoring/prepared_row.hpp"

#include <algorithm>
#include <limits>

#include "core/checked_cast.hpp"
#include "data/prompt_template_iterit.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

/// The tokens of a text that are scored, or the reason why none is.
struct ScoredSpan {
  TokenSpan tokens;
  ScoreStatus status = ScoreStatus::ok;
};

/// Cuts a span to the first `length` tokens and to `max_scored` of them; a first token has no
/// predecessor and so no loss.
ScoredSpan cut_span(TokenSpan span, std::uint32_t length, std::uint32_t max_scored) {
  if (span.begin >= length && span.size() > 0) return {{}, ScoreStatus::answer_truncated_away};
  span.begin = std::max(span.begin, 1U);
  span.end = std::min(span.end, length);
  if (span.begin >= span.end) return {{}, ScoreStatus::answer_too_short};
  span.end = std::min(span.end, span.begin + std::min(max_scored, span.size()));
  return {span, ScoreStatus::ok};
}

PreparedText prepare(std::vector<std::int32_t> ids, const ScoredSpan& span) {
  if (span.status != ScoreStatus::ok) return {{}, {}, span.status};
  ids.resize(span.tokens.end);  // attention is causal: nothing after the last scored token matters
  return {std::move(ids), span.tokens, ScoreStatus::ok};
}

constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

std::uint32_t count(const std::vector<std::int32_t>& ids) {
  return core::checked_cast<std::uint32_t>(ids.size());
}

/// Where IterIT's span starts: as many tokens as the text before the last occurrence of the answer
/// has on its own.
std::uint32_t iterit_begin(const data::RenderedText& rendered, const data::Sample& sample,
                           const tokenizer::Tokenizer& tokenizer, bool specials) {
  return count(tokenizer.encode(data::iterit_prefix(rendered.text, sample.output), specials).ids);
}

}  // namespace

PreparedRow prepare_row(const data::Sample& sample, const tokenizer::Tokenizer& tokenizer,
                        const data::PromptTemplate& prompt, const ScoringOptions& options) {
  PreparedRow row;
  const data::RenderedPair texts = prompt.render(sample);
  const bool specials = prompt.tokenizer_adds_special_tokens();
  tokenizer::Encoding conditional = tokenizer.encode(texts.conditional.text, specials);
  row.n_tokens = count(conditional.ids);
  if (sample.output.empty() ||
      (!options.faithful && texts.conditional.answer_begin == texts.conditional.answer_end)) {
    row.conditional.status = row.direct.status = ScoreStatus::empty_answer;
    return row;
  }
  const std::uint32_t length = std::min(row.n_tokens, options.max_length);
  std::uint32_t max_direct = kUnlimited;
  ScoredSpan span;
  if (options.faithful) {
    const std::uint32_t begin = iterit_begin(texts.conditional, sample, tokenizer, specials);
    const ScoreStatus reason =
        row.n_tokens > length ? ScoreStatus::answer_truncated_away : ScoreStatus::answer_too_short;
    span = begin < length ? cut_span({begin, length}, length, kUnlimited) : ScoredSpan{{}, reason};
    max_direct = span.tokens.size();
  } else {
    span = cut_span(answer_span(texts.conditional, conditional), length, kUnlimited);
    if (row.n_tokens > length && span.status == ScoreStatus::ok) max_direct = span.tokens.size();
  }
  row.conditional = prepare(std::move(conditional.ids), span);
  if (!options.direct) return row;
  if (options.faithful && span.status != ScoreStatus::ok) {
    row.direct.status = span.status;
    return row;
  }

  tokenizer::Encoding direct = tokenizer.encode(texts.direct.text, specials);
  const std::uint32_t direct_length = std::min(count(direct.ids), options.max_length);
  TokenSpan direct_span = answer_span(texts.direct, direct);
  if (options.faithful)
    direct_span = {std::min(iterit_begin(texts.direct, sample, tokenizer, specials), direct_length),
                   direct_length};
  row.direct = prepare(std::move(direct.ids), cut_span(direct_span, direct_length, max_direct));
  return row;
}

}  // namespace winnow::scoring
