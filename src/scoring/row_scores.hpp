#pragma once

#include <cstdint>
#include <vector>

#include "core/score_status.hpp"
#include "scoring/scoring_options.hpp"
#include "scoring/table.hpp"

namespace winnow::scoring {

/// What a causal model said about one row's texts. A sum is meaningful where its status is `ok`;
/// elsewhere it is not read.
struct RowScores {
  double nll_cond_sum = 0;         ///< nats, over the answer's scored tokens after its prompt
  double nll_direct_sum = 0;       ///< nats, over the answer's scored tokens without the prompt
  double nll_instruction_sum = 0;  ///< nats, over the tokens before the answer, but the first
  std::uint32_t n_cond = 0;
  std::uint32_t n_direct = 0;
  std::uint32_t n_instruction = 0;
  std::uint32_t n_tokens = 0;  ///< tokens of the whole conditional text, before any truncation
  core::ScoreStatus status_cond = core::ScoreStatus::not_scored;
  core::ScoreStatus status_direct = core::ScoreStatus::not_scored;
  core::ScoreStatus status_instruction = core::ScoreStatus::not_scored;
  bool operator==(const RowScores&) const = default;
};

/// The columns of sums, counts and statuses that were asked for; a sum whose status is not ok is
/// NaN.
void add_columns(Table& table, const std::vector<RowScores>& rows, const ScoringOptions& options);

/// Adds the columns that follow from those: ppl_cond, ppl_direct, ifd_ppl, ifd_loss, status_ifd;
/// instruction_ppl.
void add_derived_columns(Table& table);

}  // namespace winnow::scoring
