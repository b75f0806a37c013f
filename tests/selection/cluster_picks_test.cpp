#include "selection/cluster_picks.hpp"

#include <gtest/gtest.h>

#include "selection/cherry_sample.hpp"
#include "selection/embeddings.hpp"

namespace winnow::selection {
namespace {

TEST(PerCluster, GoesRoundTheClusters) {
  const std::vector<core::RowId> row{7, 3, 5, 9, 1};
  const std::vector<std::uint32_t> cluster{2, 0, 2, 0, 2};
  const std::vector<double> distance{0.5, 0.25, 0.5, 0.125, 0.75};
  const ClusteredRows rows{row, {}, cluster, distance};
  EXPECT_EQ(per_cluster(rows, 5).row, (std::vector<core::RowId>{9, 5, 3, 7, 1}));
  EXPECT_EQ(per_cluster(rows, 3).row, (std::vector<core::RowId>{9, 5, 3}));
  const std::vector<std::uint32_t> cost{3, 2, 4, 2, 1};
  const Selection tokens = per_cluster({row, cost, cluster, distance}, 10);
  EXPECT_EQ(tokens.row, (std::vector<core::RowId>{9, 5, 3}));
  EXPECT_EQ(tokens.spent, 8U);
}

/// Rows on a line; centroids at 0, 10 and 11, of which the last two have row 4 nearest.
struct Line {
  std::vector<core::RowId> row{0, 1, 2, 3, 4, 5};
  std::vector<float> values{-3, 1, 2, 8, 10.4F, 14};
  std::vector<double> centroids{0, 10, 11};
  std::vector<std::uint32_t> cost{5, 1, 1, 1, 2, 1};
  Assignment assignment = assign_to_nearest({values, 1}, centroids);

  [[nodiscard]] Selection pick(std::uint64_t amount, bool costed = false) const {
    return nearest_to_centroids({row, costed ? cost : std::span<const std::uint32_t>(),
                                 assignment.cluster, assignment.squared_distance},
                                {values, 1}, centroids, amount);
  }
};

TEST(NearestToCentroids, TakesTheNearestRowOfEachOnceAndFillsUp) {
  const Line line;
  EXPECT_EQ(line.assignment.cluster, (std::vector<std::uint32_t>{0, 0, 0, 1, 1, 2}));
  EXPECT_EQ(line.pick(1).row, (std::vector<core::RowId>{1}));
  const Selection two = line.pick(2);
  EXPECT_EQ(two.row, (std::vector<core::RowId>{1, 4}));
  EXPECT_FALSE(two.filled_from);
  const Selection three = line.pick(3);
  EXPECT_EQ(three.row, (std::vector<core::RowId>{1, 4, 2}));
  EXPECT_EQ(three.filled_from, 2U);
  EXPECT_EQ(three.spent, 3U);
  EXPECT_EQ(line.pick(100).row, (std::vector<core::RowId>{1, 4, 2, 3, 5, 0}));
}

TEST(NearestToCentroids, EndsAtThePickThatDoesNotFit) {
  const Line line;
  EXPECT_EQ(line.pick(2, true).row, (std::vector<core::RowId>{1}));
  EXPECT_EQ(line.pick(5, true).row, (std::vector<core::RowId>{1, 4, 2, 3}));
  EXPECT_EQ(line.pick(10, true).row, (std::vector<core::RowId>{1, 4, 2, 3, 5}));
}

TEST(CherrySample, TakesEverySoManyOfTheMiddleBand) {
  std::vector<core::RowId> row;
  std::vector<std::uint32_t> cluster;
  std::vector<double> perplexity;
  for (std::uint32_t i = 0; i < 9; ++i) {  // smaller than 10: whole
    row.push_back(100 + i);
    cluster.push_back(7);
    perplexity.push_back(1000.0 * i);
  }
  for (std::uint32_t i = 0; i < 50; ++i) {  // percentiles at 12.25 and 36.75
    row.push_back(i);
    cluster.push_back(3);
    perplexity.push_back(i);
  }
  for (std::uint32_t i = 0; i < 10; ++i) {  // percentiles at 2.25 and 6.75: four rows
    row.push_back(60 + i);
    cluster.push_back(5);
    perplexity.push_back(i);
  }
  const Selection selection = cherry_sample({row, cluster, perplexity}, {});
  EXPECT_EQ(selection.row,
            (std::vector<core::RowId>{13, 15, 17,  19,  21,  23,  25,  27,  29,  31,  63, 64,
                                      65, 66, 100, 101, 102, 103, 104, 105, 106, 107, 108}));
  EXPECT_EQ(selection.spent, 23U);
}

TEST(CherrySample, KeepsBothEndsOfTheBand) {
  const std::vector<core::RowId> row{0, 1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::uint32_t> cluster(9);
  const std::vector<double> perplexity{8, 7, 6, 5, 4, 3, 2, 1, 0};
  EXPECT_EQ(cherry_sample({row, cluster, perplexity}, {5, 25, 75}).row,
            (std::vector<core::RowId>{2, 3, 4, 5, 6}));
  const std::vector<double> equal(9, 4.0);
  EXPECT_EQ(cherry_sample({row, cluster, equal}, {2, 25, 75}).row,
            (std::vector<core::RowId>{0, 4}));
}

TEST(CherrySample, OfNothingIsNothing) { EXPECT_TRUE(cherry_sample({}, {}).row.empty()); }

}  // namespace
}  // namespace winnow::selection
