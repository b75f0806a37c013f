#include "scoring/batch_plan.hpp"

#include <gtest/gtest.h>

namespace winnow::scoring {
namespace {

using Batches = std::vector<std::vector<std::uint32_t>>;

TEST(BatchPlan, SortsByLengthAndCutsAtTheBudget) {
  const std::vector<std::uint32_t> lengths = {3, 10, 0, 5, 5, 1};
  EXPECT_EQ(plan_batches(lengths, 11), (Batches{{1}, {3, 4}, {0, 5}}));
}

TEST(BatchPlan, GivesALongSegmentABatchOfItsOwn) {
  const std::vector<std::uint32_t> lengths = {50, 2};
  EXPECT_EQ(plan_batches(lengths, 10), (Batches{{0}, {1}}));
}

TEST(BatchPlan, OfNothingIsEmpty) {
  EXPECT_TRUE(plan_batches({}, 10).empty());
  const std::vector<std::uint32_t> lengths = {0, 0};
  EXPECT_TRUE(plan_batches(lengths, 10).empty());
}

}  // namespace
}  // namespace winnow::scoring
