#include "training/epoch_plan.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "training/shard_sum.hpp"

namespace winnow::training {
namespace {

TEST(EpochPlan, ShufflesEveryPlaceOnceAndEachEpochAnew) {
  const auto first = shuffled_places(100, 7, 0);
  auto sorted = first;
  std::ranges::sort(sorted);
  std::vector<std::uint64_t> all(100);
  std::iota(all.begin(), all.end(), 0U);
  EXPECT_EQ(sorted, all);
  EXPECT_NE(first, all);
  EXPECT_NE(first, shuffled_places(100, 7, 1));
  EXPECT_NE(first, shuffled_places(100, 8, 0));
  EXPECT_EQ(first, shuffled_places(100, 7, 0));
}

TEST(EpochPlan, EachBatchGoesToItsShardsInTurn) {
  std::vector<std::uint64_t> places(21);
  std::iota(places.begin(), places.end(), 100U);
  const auto steps = epoch_steps(places, 10);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].shards[0], (std::vector<std::uint64_t>{100, 108}));
  EXPECT_EQ(steps[0].shards[7], (std::vector<std::uint64_t>{107}));
  EXPECT_EQ(steps[1].shards[1], (std::vector<std::uint64_t>{111, 119}));
  EXPECT_EQ(steps[2].shards[0], (std::vector<std::uint64_t>{120}));
  EXPECT_TRUE(steps[2].shards[1].empty());
  EXPECT_TRUE(epoch_steps({}, 10).empty());
}

TEST(EpochPlan, RanksShareTheShards) {
  for (std::size_t ranks = 1; ranks <= 11; ++ranks) {
    std::size_t next = 0;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      const ShardRange range = shards_of(rank, ranks);
      EXPECT_EQ(range.begin, next);
      EXPECT_LE(range.end - range.begin, (kShards + ranks - 1) / ranks);
      next = range.end;
    }
    EXPECT_EQ(next, kShards);
  }
}

TEST(EpochPlan, LargestNodesOfARange) {
  const auto nodes = [](std::size_t begin, std::size_t end) {
    return largest_nodes(ShardRange{begin, end});
  };
  EXPECT_EQ(nodes(0, 8), (std::vector<TreeNode>{{0, 8}}));
  EXPECT_EQ(nodes(0, 3), (std::vector<TreeNode>{{0, 2}, {2, 3}}));
  EXPECT_EQ(nodes(3, 8), (std::vector<TreeNode>{{3, 4}, {4, 8}}));
  EXPECT_EQ(nodes(1, 7), (std::vector<TreeNode>{{1, 2}, {2, 4}, {4, 6}, {6, 7}}));
  EXPECT_TRUE(nodes(4, 4).empty());
}

}  // namespace
}  // namespace winnow::training
