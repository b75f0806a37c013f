#include "scoring/answer_loss.hpp"

#include <cmath>

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

double mean_cond(const RowScores& row) { return row.nll_cond_sum / row.n_cond; }
double mean_direct(const RowScores& row) { return row.nll_direct_sum / row.n_direct; }

}  // namespace

Score perplexity(double nll_sum, std::uint32_t n, ScoreStatus status) {
  if (status != ScoreStatus::ok) return {status, 0};
  const double value = std::exp(nll_sum / n);
  if (!std::isfinite(value)) return {ScoreStatus::non_finite, 0};
  return {ScoreStatus::ok, value};
}

ScoreStatus ifd_status(const RowScores& row) {
  if (row.status_cond != ScoreStatus::ok) return row.status_cond;
  if (row.status_direct != ScoreStatus::ok) return row.status_direct;
  if (row.nll_direct_sum == 0) return ScoreStatus::zero_denominator;
  if (!std::isfinite(std::exp(mean_cond(row) - mean_direct(row))) ||
      !std::isfinite(mean_cond(row) / mean_direct(row)))
    return ScoreStatus::non_finite;
  return ScoreStatus::ok;
}

Score ifd_ppl(const RowScores& row) {
  const ScoreStatus status = ifd_status(row);
  if (status != ScoreStatus::ok) return {status, 0};
  return {status, std::exp(mean_cond(row) - mean_direct(row))};
}

Score ifd_loss(const RowScores& row) {
  const ScoreStatus status = ifd_status(row);
  if (status != ScoreStatus::ok) return {status, 0};
  return {status, mean_cond(row) / mean_direct(row)};
}

}  // namespace winnow::scoring
