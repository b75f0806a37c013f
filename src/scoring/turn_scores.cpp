#include "scoring/turn_scores.hpp"

#include <cmath>
#include <limits>

#include "scoring/evol_score.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

double number_or_nan(const Score& score) {
  return score.status == ScoreStatus::ok ? score.value : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

TurnScores::TurnScores(const tokenizer::Tokenizer& tokenizer, const ScoringOptions& options,
                       std::size_t rows)
    : tokenizer_(tokenizer),
      options_(options),
      turns_of_rows_(rows),
      complexity_{"evol_complexity", "status_evol_complexity", options.evol_complexity},
      quality_{"evol_quality", "status_evol_quality", options.evol_quality} {}

void TurnScores::add_row(std::size_t row, const data::Sample& sample, ModelTasks& tasks) {
  for (const UserTurn& turn : user_turns(sample, options_.join)) {
    if (complexity_.is_asked) add_turn(complexity_, complexity_prompt(turn.query), tasks);
    if (quality_.is_asked) add_turn(quality_, quality_prompt(turn.query, turn.reply), tasks);
    ++turns_of_rows_[row];
  }
}

void TurnScores::add_turn(Kind& kind, const std::string& prompt, ModelTasks& tasks) {
  const std::size_t turn = kind.turns.size();
  kind.turns.emplace_back();
  ModelRequest request;
  request.ids = tokenizer_.encode(prompt, /*add_special_tokens=*/true).ids;
  request.wants_candidates = true;
  if (request.ids.size() > options_.max_length) {
    kind.turns.back().status = ScoreStatus::text_too_long;
    return;
  }
  tasks.add(std::move(request), [&kind, turn](const model::SegmentResult& result) {
    const double value = expected_digit(result.logits);
    kind.turns[turn] =
        std::isfinite(value) ? Score{ScoreStatus::ok, value} : Score{ScoreStatus::non_finite, 0};
  });
}

void TurnScores::add_columns(BlockScores& scores) const {
  for (const std::uint32_t turns : turns_of_rows_) scores.turns.rows += turns;
  scores.rows.add<std::uint32_t>("scored_turns") = turns_of_rows_;
  for (const Kind* kind : {&complexity_, &quality_})
    if (kind->is_asked) add_column(*kind, scores);
}

void TurnScores::add_column(const Kind& kind, BlockScores& scores) const {
  std::vector<double> values, sums;
  std::vector<ScoreStatus> statuses, sum_statuses;
  for (const Score& turn : kind.turns) {
    values.push_back(number_or_nan(turn));
    statuses.push_back(turn.status);
  }
  std::size_t turn = 0;
  for (const std::uint32_t turns : turns_of_rows_) {
    Score sum{turns > 0 ? ScoreStatus::ok : ScoreStatus::bad_row, 0};
    for (const std::size_t end = turn + turns; turn < end; ++turn) {
      if (sum.status == ScoreStatus::ok) sum.status = statuses[turn];
      sum.value += values[turn];
    }
    sums.push_back(number_or_nan(sum));
    sum_statuses.push_back(sum.status);
  }
  scores.turns.add<double>(kind.name) = std::move(values);
  scores.turns.add<ScoreStatus>(kind.status_name) = std::move(statuses);
  scores.rows.add<double>(kind.name) = std::move(sums);
  scores.rows.add<ScoreStatus>(kind.status_name) = std::move(sum_statuses);
}

}  // namespace winnow::scoring
