#include "scoring/score_block.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "scoring/answer_loss.hpp"
#include "scoring/embedding.hpp"
#include "scoring/evol_score.hpp"
#include "scoring/model_tasks.hpp"
#include "scoring/prepared_row.hpp"
#include "scoring/row_scores.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

/// One of Deita's scores of every user turn of the block.
struct TurnScore {
  const char* name;
  const char* status_name;
  bool is_asked;
  std::vector<Score> turns = {};
};

class BlockScoring {
 public:
  BlockScoring(const RowScorer& scorer, const RowBlock& block)
      : scorer_(scorer),
        options_(scorer.options),
        block_(block),
        rows_(block.rows.size()),
        embeddings_(block.rows.size()),
        scored_turns_(block.rows.size()),
        complexity_{"evol_complexity", "status_evol_complexity", options_.evol_complexity},
        quality_{"evol_quality", "status_evol_quality", options_.evol_quality} {}

  ScoredBlock run() {
    for (std::size_t row = 0; row < rows_.size(); ++row) add_row(row);
    std::vector<std::int32_t> digits;
    if (needs_turns()) digits = digit_tokens(scorer_.tokenizer);
    ScoredBlock result;
    result.tokens = tasks_.run(scorer_.model, digits, options_.batch_tokens);
    result.scores.block = block_.block;
    result.scores.content = block_.content;
    Table& table = result.scores.rows;
    table.rows = rows_.size();
    add_columns(table, rows_, options_);
    if (options_.embedding)
      add_embedding_columns(table, embeddings_, scorer_.model.info().hidden_size,
                            *options_.embedding);
    if (needs_turns()) add_turn_columns(result.scores);
    return result;
  }

 private:
  [[nodiscard]] bool needs_turns() const {
    return options_.evol_complexity || options_.evol_quality;
  }

  void set_status(std::size_t row, ScoreStatus status) {
    rows_[row].status_cond = rows_[row].status_direct = rows_[row].status_instruction = status;
    embeddings_[row].status = status;
  }

  void add_row(std::size_t row) {
    const std::optional<data::Sample>& sample = block_.rows[row];
    if (!sample) return set_status(row, ScoreStatus::bad_row);
    if (needs_turns()) add_turns(row, *sample);
    if (!needs_template(options_)) return;
    core::check(scorer_.prompt != nullptr, "what is scored in a template has one");
    PreparedRow prepared;
    try {
      prepared = prepare_row(*sample, scorer_.tokenizer, *scorer_.prompt, options_);
    } catch (const core::DataError& error) {
      if (!options_.skip_refused_rows)
        throw core::DataError(fmt::format("row {}: {}", block_.first_row + row, error.what()));
      return set_status(row, ScoreStatus::template_refused);
    }
    rows_[row].n_tokens = prepared.n_tokens;
    add_conditional(row, prepared);
    add_direct(row, prepared);
  }

  void add_conditional(std::size_t row, PreparedRow& prepared) {
    RowScores& scores = rows_[row];
    PreparedText& text = prepared.conditional;
    const WantedSpan answer = text.answer, instruction = prepared.instruction;
    scores.status_cond = answer.status;
    scores.n_cond = answer.tokens.size();
    scores.status_instruction = instruction.status;
    scores.n_instruction = instruction.tokens.size();
    ModelRequest request = request_of(row, text);
    if (request.ids.empty()) return;
    request.end_scored = std::max(answer.end(), instruction.end());
    if (answer.end() > 0) request.first_scored = answer.tokens.begin;
    if (instruction.end() > 0) request.first_scored = instruction.tokens.begin;
    const std::uint32_t first = request.first_scored;
    tasks_.add(std::move(request), [=, this](const model::SegmentResult& result) {
      RowScores& at = rows_[row];
      sum_losses(result, first, answer, at.nll_cond_sum, at.status_cond);
      sum_losses(result, first, instruction, at.nll_instruction_sum, at.status_instruction);
      take_embedding(row, result);
    });
  }

  void add_direct(std::size_t row, PreparedRow& prepared) {
    RowScores& scores = rows_[row];
    const WantedSpan answer = prepared.direct.answer;
    scores.status_direct = answer.status;
    scores.n_direct = answer.tokens.size();
    ModelRequest request = request_of(row, prepared.direct);
    if (request.ids.empty()) return;
    request.end_scored = answer.end();
    if (answer.end() > 0) request.first_scored = answer.tokens.begin;
    tasks_.add(std::move(request), [=, this](const model::SegmentResult& result) {
      RowScores& at = rows_[row];
      sum_losses(result, answer.tokens.begin, answer, at.nll_direct_sum, at.status_direct);
      take_embedding(row, result);
    });
  }

  /// The text with what is embedded of it.
  ModelRequest request_of(std::size_t row, PreparedText& text) {
    ModelRequest request;
    request.ids = std::move(text.ids);
    if (text.embedded.status != ScoreStatus::not_scored)
      embeddings_[row].status = text.embedded.status;
    if (text.embedded.end() == 0) return request;
    request.pooled = text.embedded.end();
    request.pooling = options_.embedding->pooling;
    return request;
  }

  static void sum_losses(const model::SegmentResult& result, std::uint32_t first,
                         const WantedSpan& span, double& sum, ScoreStatus& status) {
    if (span.status != ScoreStatus::ok) return;
    sum = 0;
    for (std::uint32_t token = span.tokens.begin; token < span.tokens.end; ++token)
      sum += double{result.losses.at(token - first)};
    status = perplexity(sum, span.tokens.size(), status).status;
  }

  void take_embedding(std::size_t row, const model::SegmentResult& result) {
    if (!result.embedding.empty()) embeddings_[row].values = result.embedding;
  }

  void add_turns(std::size_t row, const data::Sample& sample) {
    for (const UserTurn& turn : user_turns(sample, options_.join)) {
      if (complexity_.is_asked) add_turn(complexity_, complexity_prompt(turn.query));
      if (quality_.is_asked) add_turn(quality_, quality_prompt(turn.query, turn.reply));
      ++scored_turns_[row];
    }
  }

  void add_turn(TurnScore& score, const std::string& prompt) {
    const std::size_t turn = score.turns.size();
    score.turns.emplace_back();
    ModelRequest request;
    request.ids = scorer_.tokenizer.encode(prompt, /*add_special_tokens=*/true).ids;
    request.wants_candidates = true;
    if (request.ids.size() > options_.max_length) {
      score.turns.back().status = ScoreStatus::text_too_long;
      return;
    }
    tasks_.add(std::move(request), [&score, turn](const model::SegmentResult& result) {
      const double value = expected_digit(result.logits);
      score.turns[turn] =
          std::isfinite(value) ? Score{ScoreStatus::ok, value} : Score{ScoreStatus::non_finite, 0};
    });
  }

  void add_turn_columns(BlockScores& scores) const {
    for (const std::uint32_t turns : scored_turns_) scores.turns.rows += turns;
    scores.rows.add<std::uint32_t>("scored_turns") = scored_turns_;
    for (const TurnScore* score : {&complexity_, &quality_})
      if (score->is_asked) add_turn_column(scores, *score);
  }

  /// The turns' values, and the rows' sums of them: undefined as soon as one turn is.
  void add_turn_column(BlockScores& scores, const TurnScore& score) const {
    constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> values, sums;
    std::vector<ScoreStatus> statuses, sum_statuses;
    for (const Score& turn : score.turns) {
      values.push_back(turn.status == ScoreStatus::ok ? turn.value : kUndefined);
      statuses.push_back(turn.status);
    }
    std::size_t turn = 0;
    for (const std::uint32_t turns : scored_turns_) {
      Score sum{turns > 0 ? ScoreStatus::ok : ScoreStatus::bad_row, 0};
      for (const std::size_t end = turn + turns; turn < end; ++turn) {
        if (sum.status == ScoreStatus::ok) sum.status = statuses[turn];
        sum.value += values[turn];
      }
      sums.push_back(sum.status == ScoreStatus::ok ? sum.value : kUndefined);
      sum_statuses.push_back(sum.status);
    }
    scores.turns.add<double>(score.name) = std::move(values);
    scores.turns.add<ScoreStatus>(score.status_name) = std::move(statuses);
    scores.rows.add<double>(score.name) = std::move(sums);
    scores.rows.add<ScoreStatus>(score.status_name) = std::move(sum_statuses);
  }

  const RowScorer& scorer_;
  const ScoringOptions& options_;
  const RowBlock& block_;
  std::vector<RowScores> rows_;
  std::vector<RowEmbedding> embeddings_;
  std::vector<std::uint32_t> scored_turns_;
  TurnScore complexity_;
  TurnScore quality_;
  ModelTasks tasks_;
};

}  // namespace

ScoredBlock score_block(const RowScorer& scorer, const RowBlock& block) {
  return BlockScoring(scorer, block).run();
}

}  // namespace winnow::scoring
