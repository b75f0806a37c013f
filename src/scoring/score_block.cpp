#include "scoring/score_block.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "scoring/answer_loss.hpp"
#include "scoring/embedding.hpp"
#include "scoring/evol_score.hpp"
#include "scoring/model_tasks.hpp"
#include "scoring/prepared_row.hpp"
#include "scoring/row_scores.hpp"
#include "scoring/turn_scores.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

class BlockScoring {
 public:
  BlockScoring(const RowScorer& scorer, const RowBlock& block)
      : scorer_(scorer),
        options_(scorer_.options),
        header_(block.header),
        rows_(block.rows.size()),
        embeddings_(block.rows.size()),
        turns_(scorer.tokenizer, options_, block.rows.size()) {
    for (std::size_t row = 0; row < rows_.size(); ++row)
      add_row(row, block.first_row + row, block.rows[row]);
    if (turns_.is_asked()) digits_ = digit_tokens(scorer.tokenizer);
  }
  BlockScoring(const BlockScoring&) = delete;
  BlockScoring& operator=(const BlockScoring&) = delete;

  ScoredBlock run() {
    ScoredBlock result;
    result.tokens = tasks_.run(scorer_.model, digits_, options_.batch_tokens);
    result.scores.header = header_;
    Table& table = result.scores.rows;
    table.rows = rows_.size();
    add_columns(table, rows_, options_);
    if (options_.embedding)
      add_embedding_columns(table, embeddings_, scorer_.model.info().hidden_size,
                            *options_.embedding);
    if (turns_.is_asked()) turns_.add_columns(result.scores);
    return result;
  }

 private:
  void set_status(std::size_t row, ScoreStatus status) {
    rows_[row].status_cond = rows_[row].status_direct = rows_[row].status_instruction = status;
    embeddings_[row].status = status;
  }

  void add_row(std::size_t row, core::RowId id, const std::optional<data::Sample>& sample) try {
    if (!sample) return set_status(row, ScoreStatus::bad_row);
    if (turns_.is_asked()) turns_.add_row(row, *sample, tasks_);
    if (!needs_template(options_)) return;
    core::check(scorer_.prompt != nullptr, "what is scored in a template has one");
    PreparedRow prepared = prepare_row(*sample, scorer_.tokenizer, *scorer_.prompt, options_);
    rows_[row].n_tokens = prepared.n_tokens;
    add_conditional(row, prepared);
    add_direct(row, prepared);
  } catch (const data::TemplateRefused& error) {
    if (!options_.skip_refused_rows)
      throw core::DataError(fmt::format("row {}: {}", id, error.what()));
    set_status(row, ScoreStatus::template_refused);
  } catch (const core::DataError& error) {
    throw core::DataError(fmt::format("row {}: {}", id, error.what()));
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

  const RowScorer scorer_;
  const ScoringOptions& options_;
  BlockHeader header_;
  std::vector<RowScores> rows_;
  std::vector<RowEmbedding> embeddings_;
  TurnScores turns_;
  std::vector<std::int32_t> digits_;
  ModelTasks tasks_;
};

}  // namespace

ScoringWork prepare_scores(const RowScorer& scorer, const RowBlock& block) {
  return [scoring = std::make_shared<BlockScoring>(scorer, block)] { return scoring->run(); };
}

}  // namespace winnow::scoring
