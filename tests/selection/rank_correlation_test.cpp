#include "selection/rank_correlation.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace winnow::selection {
namespace {

using core::ScoreStatus;

NumberOrder all_of(const std::vector<double>& values) {
  return order_of(values, std::vector<ScoreStatus>(values.size(), ScoreStatus::ok));
}

TEST(RankCorrelation, GivesEqualNumbersOnePlace) {
  const std::vector<double> values{4, -1, 4, 7, 2};
  const std::vector<ScoreStatus> status{ScoreStatus::ok, ScoreStatus::ok, ScoreStatus::ok,
                                        ScoreStatus::bad_row, ScoreStatus::ok};
  const NumberOrder order = order_of(values, status);
  EXPECT_EQ(order.place, (std::vector<std::uint32_t>{2, 0, 2, kNoPlace, 1}));
  EXPECT_EQ(order.distinct, 3U);
}

TEST(RankCorrelation, IsThatOfScipy) {
  // scipy.stats.spearmanr([1, 2, 2, 4, 9], [3, 1, 4, 4, 20]): 0.7631578947368421
  EXPECT_NEAR(rank_correlation(all_of({1, 2, 2, 4, 9}), all_of({3, 1, 4, 4, 20})).value(),
              0.7631578947368421, 1e-12);
  EXPECT_DOUBLE_EQ(rank_correlation(all_of({1, 2, 3}), all_of({9, 5, 1})).value(), -1);
}

TEST(RankCorrelation, RanksAnewAmongTheRowsThatHaveBoth) {
  const std::vector<double> values{100, 1, 2, -5, 2, 4, 9};
  const std::vector<ScoreStatus> status{ScoreStatus::not_given, ScoreStatus::ok, ScoreStatus::ok,
                                        ScoreStatus::bad_row,   ScoreStatus::ok, ScoreStatus::ok,
                                        ScoreStatus::ok};
  EXPECT_NEAR(rank_correlation(order_of(values, status), all_of({4, 3, 1, 3.5, 4, 4, 20})).value(),
              0.7631578947368421, 1e-12);
}

TEST(RankCorrelation, IsNoneForConstantOrMissingNumbers) {
  EXPECT_FALSE(rank_correlation(all_of({1, 1}), all_of({1, 2})));
  EXPECT_FALSE(rank_correlation(all_of({1}), all_of({1})));
  EXPECT_FALSE(rank_correlation(all_of({}), all_of({})));
}

}  // namespace
}  // namespace winnow::selection
