#include "scoring/score_block.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "data/prompt_template_iterit.hpp"
#include "scoring/answer_span.hpp"
#include "scoring/batch_plan.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

/// A text ready for the model: its ids, cut to the window, and the positions that are scored.
struct Prepared {
  std::vector<std::int32_t> ids;
  TokenSpan scored;
  ScoreStatus status = ScoreStatus::not_scored;
};

/// The tokens of a text that are scored, or the reason why none is.
struct ScoredSpan {
  TokenSpan tokens;
  ScoreStatus status = ScoreStatus::ok;
};

/// Cuts a span to the first `length` tokens and to `max_scored` of them; a first token has no predecessor and so no loss.
ScoredSpan cut_span(TokenSpan span, std::uint32_t length, std::uint32_t max_scored) {
  if (span.begin >= length && span.size() > 0) return {{}, ScoreStatus::answer_truncated_away};
  span.begin = std::max(span.begin, 1U);
  span.end = std::min(span.end, length);
  if (span.begin >= span.end) return {{}, ScoreStatus::answer_too_short};
  span.end = std::min(span.end, span.begin + std::min(max_scored, span.size()));
  return {span, ScoreStatus::ok};
}

Prepared prepare(std::vector<std::int32_t> ids, const ScoredSpan& span) {
  if (span.status != ScoreStatus::ok) return {{}, {}, span.status};
  ids.resize(span.tokens.end);  // attention is causal: nothing after the last scored token matters
  return {std::move(ids), span.tokens, ScoreStatus::ok};
}

struct PreparedRow {
  Prepared conditional;
  Prepared direct;
  std::uint32_t n_tokens = 0;
};

constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

std::uint32_t count(const std::vector<std::int32_t>& ids) { return core::checked_cast<std::uint32_t>(ids.size()); }

/// Where IterIT's span starts: as many tokens as the text before the last occurrence of the answer has on its own.
std::uint32_t iterit_begin(const data::RenderedText& rendered, const data::Sample& sample,
                           const tokenizer::Tokenizer& tokenizer, bool specials) {
  return count(tokenizer.encode(data::iterit_prefix(rendered.text, sample.output), specials).ids);
}

PreparedRow prepare_row(const data::Sample& sample, const tokenizer::Tokenizer& tokenizer,
                        const data::PromptTemplate& prompt, const ScoringOptions& options) {
  PreparedRow row;
  const data::RenderedPair texts = prompt.render(sample);
  const bool specials = prompt.tokenizer_adds_special_tokens();
  tokenizer::Encoding conditional = tokenizer.encode(texts.conditional.text, specials);
  row.n_tokens = count(conditional.ids);
  if (sample.output.empty() || (!options.faithful && texts.conditional.answer_begin == texts.conditional.answer_end)) {
    row.conditional.status = row.direct.status = ScoreStatus::empty_answer;
    return row;
  }
  const std::uint32_t length = std::min(row.n_tokens, options.max_length);
  std::uint32_t max_direct = kUnlimited;
  ScoredSpan span;
  if (options.faithful) {
    const std::uint32_t begin = iterit_begin(texts.conditional, sample, tokenizer, specials);
    span = begin < length ? cut_span({begin, length}, length, kUnlimited)
                          : ScoredSpan{{}, ScoreStatus::answer_truncated_away};
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
    direct_span = {std::min(iterit_begin(texts.direct, sample, tokenizer, specials), direct_length), direct_length};
  row.direct = prepare(std::move(direct.ids), cut_span(direct_span, direct_length, max_direct));
  return row;
}

/// One text of one row in the block's list of segments.
struct SegmentOwner {
  std::size_t row;
  bool conditional;
};

}  // namespace

ScoredBlock score_block(std::uint64_t block, core::RowId first_row,
                        std::span<const std::optional<data::Sample>> rows, const tokenizer::Tokenizer& tokenizer, const data::PromptTemplate& prompt, model::CausalLanguageModel& model,
                        const ScoringOptions& options) {
  ScoredBlock result;
  result.scores.block = block;
  result.scores.rows.resize(rows.size());

  std::vector<PreparedRow> prepared(rows.size());
  std::vector<model::Segment> segments;
  std::vector<SegmentOwner> owners;
  std::vector<std::uint32_t> lengths;
  const auto add_segment = [&](std::size_t row, bool conditional, const Prepared& text) {
    if (text.status != ScoreStatus::ok) return;
    segments.push_back({text.ids, text.scored.begin, text.scored.end});
    owners.push_back({row, conditional});
    lengths.push_back(core::checked_cast<std::uint32_t>(text.ids.size()));
    result.cost.tokens += text.ids.size();
    result.cost.scored_positions += text.scored.size();
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RowScores& scores = result.scores.rows[i];
    if (!rows[i]) {
      scores.status_cond = scores.status_direct = ScoreStatus::bad_row;
      continue;
    }
    try {
      prepared[i] = prepare_row(*rows[i], tokenizer, prompt, options);
    } catch (const core::DataError& error) {
      throw core::DataError(fmt::format("row {}: {}", first_row + i, error.what()));
    }
    scores.n_tokens = prepared[i].n_tokens;
    scores.status_cond = prepared[i].conditional.status;
    scores.status_direct = prepared[i].direct.status;
    scores.n_cond = prepared[i].conditional.scored.size();
    scores.n_direct = prepared[i].direct.scored.size();
    add_segment(i, true, prepared[i].conditional);
    add_segment(i, false, prepared[i].direct);
  }

  for (const std::vector<std::uint32_t>& batch : plan_batches(lengths, options.batch_tokens)) {
    std::vector<model::Segment> batch_segments;
    for (const std::uint32_t segment : batch) batch_segments.push_back(segments[segment]);
    const std::vector<double> sums = model.nll_sums(batch_segments);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const SegmentOwner owner = owners[batch[i]];
      RowScores& scores = result.scores.rows[owner.row];
      ScoreStatus& status = owner.conditional ? scores.status_cond : scores.status_direct;
      double& sum = owner.conditional ? scores.nll_cond_sum : scores.nll_direct_sum;
      if (std::isfinite(sums[i])) {
        sum = sums[i];
      } else {
        status = ScoreStatus::non_finite;
      }
    }
  }
  return result;
}

}  // namespace winnow::scoring
