#include "selection/stratified_budget.hpp"

#include <gtest/gtest.h>

namespace winnow::selection {
namespace {

using Counts = std::vector<std::uint64_t>;

Counts proportional(std::uint64_t amount, const Counts& eligible) {
  return split_budget(amount, eligible, StrataBudgets::proportional);
}

Counts equal(std::uint64_t amount, const Counts& eligible) {
  return split_budget(amount, eligible, StrataBudgets::equal);
}

TEST(StratifiedBudget, GivesWhatRoundingLeavesToTheLargestRemainders) {
  // Hamilton's method: 10 x (6, 3, 1, 3) / 13 = 4.62, 2.31, 0.77, 2.31.
  EXPECT_EQ(proportional(10, {6, 3, 1, 3}), (Counts{5, 2, 1, 2}));
  EXPECT_EQ(proportional(1, {5, 5}), (Counts{1, 0}));
  EXPECT_EQ(proportional(3, {5, 5}), (Counts{2, 1}));
}

TEST(StratifiedBudget, NeverAsksAStratumForMoreThanItHas) {
  EXPECT_EQ(proportional(13, {6, 3, 1, 3}), (Counts{6, 3, 1, 3}));
  EXPECT_EQ(equal(13, {6, 3, 1, 3}), (Counts{6, 3, 1, 3}));
  EXPECT_EQ(equal(9, {100, 1, 2}), (Counts{6, 1, 2}));
}

TEST(StratifiedBudget, SharesEquallyWhatThereIs) {
  EXPECT_EQ(equal(9, {10, 10, 10}), (Counts{3, 3, 3}));
  const Counts shares = equal(10, {10, 10, 10});
  EXPECT_EQ(shares[0] + shares[1] + shares[2], 10U);
  for (const std::uint64_t share : shares) EXPECT_GE(share, 3U);
}

TEST(StratifiedBudget, KnowsEmptyStrataAndNoBudget) {
  EXPECT_EQ(proportional(2, {0, 2, 0}), (Counts{0, 2, 0}));
  EXPECT_EQ(equal(2, {0, 2, 0}), (Counts{0, 2, 0}));
  EXPECT_EQ(equal(0, {0, 0}), (Counts{0, 0}));
  EXPECT_EQ(proportional(0, {}), Counts{});
}

TEST(StratifiedBudget, CountsBeyond32Bits) {
  const std::uint64_t many = std::uint64_t{1} << 40;
  EXPECT_EQ(proportional(many, {many, many}), (Counts{many / 2, many / 2}));
}

}  // namespace
}  // namespace winnow::selection
