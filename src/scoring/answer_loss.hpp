#pragma once

#include <cstdint>
#include <optional>

#include "core/score_status.hpp"
#include "scoring/row_scores.hpp"

namespace winnow::scoring {

/// A number, or the reason why there is none.
struct Score {
  core::ScoreStatus status = core::ScoreStatus::not_scored;
  double value = 0;  ///< meaningful where status is `ok`
};

/// exp(sum / n) in nats: perplexity of the scored tokens.
[[nodiscard]] Score perplexity(double nll_sum, std::uint32_t n, core::ScoreStatus status);

/// PPL_cond / PPL_direct = exp(l_cond - l_direct) with mean losses in nats (Superfiltering, IterIT,
/// GraphFilter; arXiv 2402.00530).
[[nodiscard]] Score ifd_ppl(const RowScores& row);

/// l_cond / l_direct, the ratio of mean losses (Cherry LLM; arXiv 2308.12032 eq. 5).
[[nodiscard]] Score ifd_loss(const RowScores& row);

/// Why a row has no IFD: the conditional term's reason, else the direct term's, else
/// `zero_denominator` or `non_finite`; or `ok`.
[[nodiscard]] core::ScoreStatus ifd_status(const RowScores& row);

}  // namespace winnow::scoring
