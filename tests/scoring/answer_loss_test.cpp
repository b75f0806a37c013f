#include "scoring/answer_loss.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

RowScores scored(double cond, std::uint32_t n_cond, double direct, std::uint32_t n_direct) {
  RowScores row;
  row.nll_cond_sum = cond;
  row.n_cond = n_cond;
  row.nll_direct_sum = direct;
  row.n_direct = n_direct;
  row.status_cond = row.status_direct = ScoreStatus::ok;
  return row;
}

TEST(Ifd, TheTwoDefinitionsAreARatioOfPerplexitiesAndOfLosses) {
  const RowScores row = scored(6, 3, 12, 4);  // mean losses 2 and 3
  EXPECT_DOUBLE_EQ(ifd_ppl(row).value, std::exp(2.0) / std::exp(3.0));
  EXPECT_DOUBLE_EQ(ifd_loss(row).value, 2.0 / 3.0);
}

TEST(Ifd, IsUndefinedWithTheReasonOfTheTermThatFailed) {
  RowScores row = scored(6, 3, 12, 4);
  row.status_direct = ScoreStatus::answer_too_short;
  EXPECT_EQ(ifd_ppl(row).status, ScoreStatus::answer_too_short);
  row.status_cond = ScoreStatus::answer_truncated_away;
  EXPECT_EQ(ifd_loss(row).status, ScoreStatus::answer_truncated_away);
}

TEST(Ifd, IsUndefinedForAZeroDirectLossAndForInfinities) {
  EXPECT_EQ(ifd_status(scored(1, 1, 0, 1)), ScoreStatus::zero_denominator);
  EXPECT_EQ(ifd_status(scored(1e6, 1, 1, 1)), ScoreStatus::non_finite);
}

TEST(Perplexity, IsTheExponentialOfTheMeanLoss) {
  EXPECT_DOUBLE_EQ(perplexity(6, 3, ScoreStatus::ok).value, std::exp(2.0));
  EXPECT_EQ(perplexity(1e6, 1, ScoreStatus::ok).status, ScoreStatus::non_finite);
  EXPECT_EQ(perplexity(0, 0, ScoreStatus::empty_answer).status, ScoreStatus::empty_answer);
}

}  // namespace
}  // namespace winnow::scoring
