#include "selection/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "selection/embeddings.hpp"
#include "selection/kmeans_seeding.hpp"
#include "selection/nearest_rows.hpp"
#include "selection/squared_distance.hpp"

namespace winnow::selection {
namespace {

/// Each row against each centroid.
Assignment loop(const Vectors& rows, std::span<const double> centroids) {
  Assignment assignment;
  for (std::size_t row = 0; row < rows.values.size() / rows.dimension; ++row) {
    std::uint32_t nearest = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::uint32_t c = 0; c < centroids.size() / rows.dimension; ++c) {
      const double distance =
          squared_distance(rows[row], centroids.subspan(c * rows.dimension, rows.dimension));
      if (distance >= least) continue;
      nearest = c;
      least = distance;
    }
    assignment.cluster.push_back(nearest);
    assignment.squared_distance.push_back(least);
  }
  return assignment;
}

void expect_same(const Assignment& a, const Assignment& b) {
  EXPECT_EQ(a.cluster, b.cluster);
  EXPECT_EQ(a.squared_distance, b.squared_distance);
}

std::vector<double> first_rows(const EmbeddedRows& rows, std::size_t count) {
  return {rows.values.begin(),
          rows.values.begin() + static_cast<std::ptrdiff_t>(count * rows.dimension)};
}

TEST(SquaredDistance, IsTheSumOfSquares) {
  const std::vector<float> row{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
  const std::vector<double> centroid(18, 1.0);
  EXPECT_EQ(squared_distance(row, centroid), 1785.0);
}

/// Rows whose products with several centroids differ by less than float32 can tell, far from 0.
TEST(NearestCentroid, IsThatOfTheLoop) {
  for (const double offset : {0.0, 100.0})
    for (const std::size_t width : {1U, 7U, 64U}) {
      EmbeddedRows rows(500, width, 0.01);
      for (float& x : rows.values) x += static_cast<float>(offset);
      std::vector<double> centroids = first_rows(rows, 90);
      std::mt19937_64 generator(3);
      for (std::size_t i = 0; i < 40 * width; ++i)
        centroids[50 * width + i] =
            centroids[i] + 1e-7 * static_cast<double>(generator() % 5) * centroids[i];
      const Vectors vectors{rows.values, width};
      expect_same(assign_to_nearest(vectors, centroids), loop(vectors, centroids));
    }
}

TEST(NearestCentroid, IsThatOfTheLoopAtTheEndsOfFloat32) {
  for (const float scale : {1e-44F, 1e-30F, 1e18F, 1e19F, 2e19F, 4e19F, 3e38F}) {
    EmbeddedRows rows(100, 9, 0.3);
    const float largest =
        std::abs(*std::ranges::max_element(rows.values, {}, [](float x) { return std::abs(x); }));
    for (float& x : rows.values) x *= scale / largest;
    const std::vector<double> centroids = first_rows(rows, 20);
    const Vectors vectors{rows.values, 9};
    expect_same(assign_to_nearest(vectors, centroids), loop(vectors, centroids));
  }
}

TEST(NearestCentroid, StaysThatOfTheLoopWhileCentroidsMove) {
  constexpr std::size_t kWidth = 12;
  constexpr std::uint32_t kClusters = 60;
  const EmbeddedRows rows(700, kWidth, 0.3);
  const Vectors vectors{rows.values, kWidth};
  std::vector<double> centroids = first_rows(rows, kClusters);
  const VectorPanels panels(vectors, std::vector<float>(kWidth, 0.1F));
  NearestCentroids nearest(vectors, panels);
  nearest.update(centroids, every_cluster(kClusters));
  std::mt19937_64 generator(5);
  for (const double most : {0.5, 0.02})
    for (const std::uint32_t step : {1U, 2U, 3U, 5U, 20U, 7U, 4U, 9U, 6U, 3U, 30U, 8U, 61U}) {
      std::vector<std::uint32_t> moved;
      for (std::uint32_t c = step - 1; c < kClusters; c += step) {
        moved.push_back(c);
        for (std::size_t i = 0; i < kWidth; ++i)
          centroids[c * kWidth + i] =
              c % 3 == 0 ? centroids[c / 3 * kWidth + i]  // a copy of another: rows between equals
                         : centroids[c * kWidth + i] +
                               most * (2e-3 * static_cast<double>(generator() % 1000) - 1);
      }
      nearest.update(centroids, moved);
      if (step % 2 == 1) expect_same(nearest.assignment(), loop(vectors, centroids));
    }
}

TEST(NearestRows, AreThoseOfTheLoop) {
  EmbeddedRows rows(300, 8, 0.2);
  std::ranges::reverse(rows.row);
  const Vectors vectors{rows.values, 8};
  const std::vector<double> centroids = first_rows(rows, 70);
  const std::vector<NearRow> nearest = nearest_rows(rows.row, vectors, centroids);
  ASSERT_EQ(nearest.size(), 70U);
  for (std::size_t c = 0; c < 70; ++c) {
    std::size_t expected = 0;
    const auto distance = [&](std::size_t i) {
      return squared_distance(vectors[i], std::span(centroids).subspan(c * 8, 8));
    };
    for (std::size_t i = 1; i < rows.row.size(); ++i)
      if (distance(i) < distance(expected) ||
          (distance(i) == distance(expected) && rows.row[i] < rows.row[expected]))
        expected = i;
    EXPECT_EQ(nearest[c].index, expected);
    EXPECT_EQ(nearest[c].row, rows.row[expected]);
    EXPECT_EQ(nearest[c].squared_distance, distance(expected));
  }
}

TEST(KMeans, EndsWithCentroidsOnTheMeansOfTheirNearestRows) {
  const EmbeddedRows rows(2'000, 16, 0.5);
  const Vectors vectors{rows.values, 16};
  const Clustering clustering = kmeans(vectors, {30, 1, 300, 0});
  ASSERT_EQ(clustering.centroid.size(), 30U * 16U);
  expect_same(clustering.assignment, loop(vectors, clustering.centroid));
  std::vector<double> sums(30 * 16), members(30);
  for (std::size_t row = 0; row < 2'000; ++row) {
    const std::uint32_t cluster = clustering.assignment.cluster[row];
    ++members[cluster];
    for (std::size_t i = 0; i < 16; ++i)
      sums[cluster * 16 + i] += static_cast<double>(vectors[row][i]);
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    EXPECT_NEAR(clustering.centroid[i], sums[i] / members[i / 16], 1e-12);
  const auto& distances = clustering.assignment.squared_distance;
  EXPECT_NEAR(clustering.inertia, std::accumulate(distances.begin(), distances.end(), 0.0), 1e-9);
}

TEST(KMeans, DependsOnTheSeed) {
  const EmbeddedRows rows(500, 8, 0.5);
  const Vectors vectors{rows.values, 8};
  EXPECT_EQ(kmeans(vectors, {10, 1}).centroid, kmeans(vectors, {10, 1}).centroid);
  EXPECT_NE(kmeans(vectors, {10, 1}).centroid, kmeans(vectors, {10, 2}).centroid);
}

/// No first centroid but one of each well separated group leaves less.
TEST(KMeans, SeedsEachOfFarGroups) {
  std::vector<float> values;
  for (int row = 0; row < 600; ++row)
    values.insert(values.end(), {static_cast<float>(row % 6) * 100, static_cast<float>(row % 7)});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Clustering seeds = kmeans({values, 2}, {6, seed, 0});
    std::vector<int> groups;
    for (std::size_t c = 0; c < 6; ++c)
      groups.push_back(static_cast<int>(seeds.centroid[2 * c]) / 100);
    std::ranges::sort(groups);
    EXPECT_EQ(groups, (std::vector<int>{0, 1, 2, 3, 4, 5})) << "seed " << seed;
    EXPECT_EQ(seeds.iterations, 0U);
  }
}

/// Products in float32 say nothing where the centre is far away: there every distance is computed
/// in float64.
TEST(KMeansSeeds, DoNotDependOnWhatProductsSettle) {
  const EmbeddedRows rows(900, 20, 0.02);
  const Vectors vectors{rows.values, 20};
  const auto seeds = [&](float centre) {
    const VectorPanels panels(vectors, std::vector<float>(20, centre));
    return kmeans_seeds(vectors, panels, 80, 9, alone());
  };
  const std::vector<double> expected = seeds(1e8F);
  EXPECT_EQ(expected.size(), 80U * 20U);
  for (const float centre : {0.0F, 1.0F, 30.0F, 1'000.0F, 30'000.0F})
    EXPECT_EQ(seeds(centre), expected) << "centre " << centre;
}

TEST(KMeans, HasNoMoreClustersThanDistinctRows) {
  std::vector<float> values;
  for (int row = 0; row < 10'000; ++row)
    values.insert(values.end(), {static_cast<float>(row % 3), 0.1F, -2.5F});
  const Clustering clustering = kmeans({values, 3}, {50, 4});
  EXPECT_EQ(clustering.centroid.size(), 3U * 3U);
  EXPECT_EQ(clustering.inertia, 0);
  EXPECT_EQ(*std::ranges::max_element(clustering.assignment.cluster), 2U);
}

TEST(KMeans, TakesWhatHasNoSpread) {
  EXPECT_TRUE(kmeans({{}, 4}, {5}).centroid.empty());
  const std::vector<float> zeros(4 * 100);
  const Clustering clustering = kmeans({zeros, 4}, {5});
  EXPECT_EQ(clustering.centroid, std::vector<double>(4));
  EXPECT_EQ(clustering.assignment.cluster, std::vector<std::uint32_t>(100));
  const std::vector<float> one{1, 2, 3, 4};
  EXPECT_EQ(kmeans({one, 4}, {5}).centroid, (std::vector<double>{1, 2, 3, 4}));
}

/// Centroid 1 is a copy of centroid 0 and loses every row to it; the row farthest from its centroid
/// becomes its own.
TEST(KMeans, GivesTheFarthestRowToAnEmptyCluster) {
  const std::vector<float> values{0, 1, 2, 40, 100, 101};
  const Clustering clustering = kmeans({values, 1}, {3}, std::vector<double>{1, 1, 100});
  EXPECT_EQ(clustering.centroid, (std::vector<double>{1, 40, 100.5}));
  EXPECT_EQ(clustering.assignment.cluster, (std::vector<std::uint32_t>{0, 0, 0, 1, 2, 2}));
}

TEST(KMeans, LeavesEmptyClustersWhereAllRowsLieOnCentroids) {
  const std::vector<float> values{5, 5, 5, 8};
  const Clustering clustering = kmeans({values, 1}, {4}, std::vector<double>{5, 8, 8, 5});
  EXPECT_EQ(clustering.centroid, (std::vector<double>{5, 8, 8, 5}));
  EXPECT_EQ(clustering.assignment.cluster, (std::vector<std::uint32_t>{0, 0, 0, 1}));
}

}  // namespace
}  // namespace winnow::selection
