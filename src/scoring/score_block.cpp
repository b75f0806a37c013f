#include "scoring/score_block.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "scoring/batch_plan.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

/// One text of one row in the block's list of segments.
struct SegmentOwner {
  std::size_t row;
  bool conditional;
};

}  // namespace

ScoredBlock score_block(std::uint64_t block, core::RowId first_row,
                        std::span<const std::optional<data::Sample>> rows,
                        const tokenizer::Tokenizer& tokenizer, const data::PromptTemplate& prompt,
                        model::CausalLanguageModel& model, const ScoringOptions& options) {
  ScoredBlock result;
  result.scores.block = block;
  result.scores.rows.resize(rows.size());

  std::vector<PreparedRow> prepared(rows.size());
  std::vector<model::Segment> segments;
  std::vector<SegmentOwner> owners;
  std::vector<std::uint32_t> lengths;
  const auto add_segment = [&](std::size_t row, bool conditional, const PreparedText& text) {
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
      if (options.skip_refused_rows) {
        scores.status_cond = scores.status_direct = ScoreStatus::template_refused;
        continue;
      }
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
