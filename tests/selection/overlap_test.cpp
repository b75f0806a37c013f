#include "selection/overlap.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace winnow::selection {
namespace {

TEST(Overlap, CountsSharedRowsAndWhatChanceWouldGive) {
  const std::vector<core::RowId> a{1, 3, 5, 7}, b{3, 4, 5};
  const Overlap both = overlap(a, b, 20);
  EXPECT_EQ(both.rows, 2U);
  EXPECT_DOUBLE_EQ(both.jaccard, 2.0 / 5);
  EXPECT_DOUBLE_EQ(both.expected, 4.0 * 3 / 20);
}

TEST(Overlap, CorrelatesRanksAsScipyDoes) {
  // scipy.stats.spearmanr([1, 2, 2, 4, 9], [3, 1, 4, 4, 20]): 0.7631578947368421
  EXPECT_NEAR(
      rank_correlation(std::vector<double>{1, 2, 2, 4, 9}, std::vector<double>{3, 1, 4, 4, 20}),
      0.7631578947368421, 1e-12);
  EXPECT_DOUBLE_EQ(rank_correlation(std::vector<double>{1, 2, 3}, std::vector<double>{9, 5, 1}),
                   -1);
}

TEST(Overlap, HasNoCorrelationOfConstantOrMissingNumbers) {
  EXPECT_TRUE(std::isnan(rank_correlation(std::vector<double>{1, 1}, std::vector<double>{1, 2})));
  EXPECT_TRUE(std::isnan(rank_correlation(std::vector<double>{}, std::vector<double>{})));
}

}  // namespace
}  // namespace winnow::selection
