#include "selection/kmeans_mpi.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "mpi/collectives.hpp"
#include "selection/cherry_sample_mpi.hpp"
#include "selection/cluster_picks_mpi.hpp"
#include "selection/embeddings.hpp"

namespace winnow::selection {
namespace {

core::RowRange share_of(std::size_t rows) {
  const mpi::Communicator world = mpi::Communicator::world();
  return core::block_range(rows, static_cast<std::uint64_t>(world.size()),
                           static_cast<std::uint64_t>(world.rank()));
}

template <class T>
std::vector<T> whole(const std::vector<T>& own) {
  return mpi::all_gather(mpi::Communicator::world(), std::span<const T>(own)).values;
}

/// What this rank has of a column.
template <class T>
std::span<const T> cut(const std::vector<T>& column, std::size_t width = 1) {
  const core::RowRange mine = share_of(column.size() / width);
  return std::span(column).subspan(mine.begin * width, mine.size() * width);
}

void expect_same(const Clustering& together, const Clustering& alone, const std::string& where) {
  const auto cluster = whole(together.assignment.cluster);
  const auto squared_distance = whole(together.assignment.squared_distance);
  EXPECT_EQ(cluster, alone.assignment.cluster) << where;
  EXPECT_EQ(squared_distance, alone.assignment.squared_distance) << where;
  EXPECT_EQ(together.centroid, alone.centroid) << where;
  EXPECT_EQ(together.inertia, alone.inertia) << where;
  EXPECT_EQ(together.iterations, alone.iterations) << where;
}

TEST(KMeansMpi, FindsTheSameClustersOnAnyNumberOfRanks) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const std::size_t count : {0U, 1U, 5U, 1'500U})
    for (const double spread : {0.0, 0.4})
      for (const std::size_t clusters : {1U, 2U, 3U, 8U, 40U}) {
        const EmbeddedRows all(count, 10, spread);
        const KMeansOptions options{clusters, 10 + clusters};
        const Clustering alone = kmeans({all.values, 10}, options);
        const Clustering together = kmeans_mpi(world, {cut(all.values, 10), 10}, options);
        expect_same(together, alone,
                    std::to_string(count) + " rows, " + std::to_string(clusters) + " clusters");
      }
}

/// Five of the first centroids are copies of others, so that clusters are empty.
TEST(KMeansMpi, FillsEmptyClustersAlikeOnAnyNumberOfRanks) {
  const mpi::Communicator world = mpi::Communicator::world();
  const EmbeddedRows all(400, 6, 0.5);
  std::vector<double> initial(all.values.begin(), all.values.begin() + 15 * 6);
  std::copy_n(initial.begin(), 5 * 6, initial.begin() + 5 * 6);
  const Clustering alone = kmeans({all.values, 6}, {15}, initial);
  const Clustering together = kmeans_mpi(world, {cut(all.values, 6), 6}, {15}, initial);
  expect_same(together, alone, "copies");
  std::vector<int> members(15);
  for (const std::uint32_t cluster : alone.assignment.cluster) ++members[cluster];
  EXPECT_EQ(std::count(members.begin(), members.end(), 0), 0);
}

TEST(ClusterPicksMpi, AreThoseOfAllRows) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const std::size_t count : {0U, 1U, 4U, 900U}) {
    const EmbeddedRows all(count, 10, 0.3);
    const std::vector<float> sample(
        all.values.begin(),
        all.values.begin() + static_cast<std::ptrdiff_t>(all.values.size() / 20 * 10));
    const Clustering of_sample = kmeans({sample, 10}, {12, 3});
    std::vector<double> centroids = of_sample.centroid;
    if (centroids.empty()) centroids.resize(10);
    centroids.insert(centroids.end(), centroids.begin(), centroids.begin() + 10);
    const Assignment assignment = assign_to_nearest({all.values, 10}, centroids);
    const std::vector<double>& distance = assignment.squared_distance;
    for (const std::uint64_t amount : {0U, 1U, 12U, 14U, 200U, 5'000U})
      for (const bool costed : {false, true}) {
        const auto costs = [&](std::span<const std::uint32_t> cost) {
          return costed ? cost : std::span<const std::uint32_t>();
        };
        const ClusteredRows rows{all.row, costs(all.cost), assignment.cluster, distance};
        const ClusteredRows own{cut(all.row), costs(cut(all.cost)), cut(assignment.cluster),
                                cut(distance)};
        const Vectors own_vectors{cut(all.values, 10), 10};
        const Selection round = per_cluster_mpi(world, own, amount);
        const Selection nearest =
            nearest_to_centroids_mpi(world, own, own_vectors, centroids, amount);
        const Selection round_alone = per_cluster(rows, amount);
        const Selection nearest_alone =
            nearest_to_centroids(rows, {all.values, 10}, centroids, amount);
        EXPECT_EQ(round.row, round_alone.row) << count << " rows, amount " << amount;
        EXPECT_EQ(round.spent, round_alone.spent);
        EXPECT_EQ(nearest.row, nearest_alone.row) << count << " rows, amount " << amount;
        EXPECT_EQ(nearest.spent, nearest_alone.spent);
        EXPECT_EQ(nearest.filled_from, nearest_alone.filled_from);
      }
  }
}

TEST(CherrySampleMpi, IsThatOfAllRows) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const std::size_t count : {0U, 1U, 30U, 2'000U}) {
    const EmbeddedRows all(count, 2, 0.3);
    std::vector<std::uint32_t> cluster;
    for (const std::uint32_t cost : all.cost) cluster.push_back(cost * cost % 23);
    const Selection alone = cherry_sample({all.row, cluster, all.score}, {});
    const Selection together =
        cherry_sample_mpi(world, {cut(all.row), cut(cluster), cut(all.score)}, {});
    EXPECT_EQ(together.row, alone.row);
    EXPECT_EQ(together.spent, alone.spent);
  }
}

}  // namespace
}  // namespace winnow::selection
