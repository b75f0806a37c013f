#include "selection/kmeans.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "selection/centroid_products.hpp"
#include "selection/cluster_means.hpp"
#include "selection/fixed_point.hpp"
#include "selection/kmeans_seeding.hpp"
#include "selection/squared_distance.hpp"
#include "selection/vector_panels.hpp"

namespace winnow::selection {
namespace {

std::uint64_t total_rows(std::size_t own_rows, const Exchange& exchange) {
  std::uint64_t rows = own_rows;
  exchange.sum_in_place(std::span(&rows, 1));
  return rows;
}

/// The sum over all processes, the same for any number of them.
double exact_sum(std::span<const double> values, std::uint64_t count, const Exchange& exchange) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const FixedPoint units(exchange.max(largest), count);
  std::uint64_t sum = 0;
  for (const double value : values) sum += static_cast<std::uint64_t>(units.encode(value));
  exchange.sum_in_place(std::span(&sum, 1));
  return units.decode(static_cast<std::int64_t>(sum));
}

FixedPoint element_units(const Vectors& rows, std::uint64_t count, const Exchange& exchange) {
  // Without their signs floats are in the order of their bits, which is found many at a time.
  std::uint32_t largest = 0;
  for (const float x : rows.values)
    largest = std::max(largest, std::bit_cast<std::uint32_t>(x) & 0x7fffffffU);
  return {exchange.max(static_cast<double>(std::bit_cast<float>(largest))), count};
}

/// Lloyd's iterations over the rows of this process.
class Lloyd {
 public:
  Lloyd(const Vectors& rows, const VectorPanels& panels, const FixedPoint& units,
        std::vector<double> centroids, const Exchange& exchange)
      : rows_(rows),
        exchange_(exchange),
        clusters_(centroids.size() / rows.dimension),
        centroids_(std::move(centroids)),
        moved_(every_cluster(clusters_)),
        nearest_(rows, panels),
        means_(clusters_, rows.dimension, units) {}

  /// The number of iterations.
  std::size_t run(std::size_t max_iterations, double least_shift) {
    std::size_t iteration = 0;
    while (iteration < max_iterations) {
      ++iteration;
      nearest_.update(centroids_, moved_);
      follow_rows();
      const bool has_changed = means_.share(exchange_) > 0;
      moved_.clear();
      if (!has_changed) return iteration;
      fill_empty_clusters();
      if (move_centroids() <= least_shift) break;
    }
    nearest_.update(centroids_, moved_);
    return iteration;
  }

  Clustering result(std::uint64_t rows, std::size_t iterations) && {
    const double inertia = exact_sum(nearest_.assignment().squared_distance, rows, exchange_);
    return {std::move(centroids_), nearest_.assignment(), inertia, iterations};
  }

 private:
  /// Makes the rows members of their nearest centroids' clusters.
  void follow_rows() {
    const std::vector<std::uint32_t>& nearest = nearest_.cluster();
    const bool is_first = member_of_.empty();
    for (std::size_t row = 0; row < nearest.size(); ++row) {
      if (!is_first && nearest[row] == member_of_[row]) continue;
      if (!is_first) means_.remove(member_of_[row], rows_[row]);
      means_.add(nearest[row], rows_[row]);
    }
    member_of_ = nearest;
  }

  void fill_empty_clusters() {
    std::vector<std::uint32_t> empty;
    for (std::uint32_t cluster = 0; cluster < clusters_; ++cluster)
      if (means_.members(cluster) == 0) empty.push_back(cluster);
    if (empty.empty()) return;
    const std::vector<FarRow> farthest = farthest_rows(empty.size());
    for (std::size_t i = 0; i < farthest.size(); ++i) {
      if (farthest[i].process != exchange_.process) continue;
      const std::size_t row = farthest[i].row;
      means_.remove(member_of_[row], rows_[row]);
      means_.add(empty[i], rows_[row]);
      member_of_[row] = empty[i];
    }
    means_.share(exchange_);
  }

  struct FarRow {
    double squared_distance = 0;
    std::size_t process = 0;
    std::size_t row = 0;
  };

  /// The `count` rows of all processes that are farthest from their centroids, and not on them.
  [[nodiscard]] std::vector<FarRow> farthest_rows(std::size_t count) {
    const auto keep_farthest = [&](std::vector<FarRow>& rows) {
      std::ranges::stable_sort(rows, std::ranges::greater(), &FarRow::squared_distance);
      rows.resize(std::min(rows.size(), count));
    };
    std::vector<FarRow> own;
    const std::vector<double>& distance = nearest_.assignment().squared_distance;
    for (std::size_t row = 0; row < distance.size(); ++row)
      if (distance[row] > 0) own.push_back({distance[row], exchange_.process, row});
    keep_farthest(own);
    std::vector<FarRow> all = exchange_.gather(std::span<const FarRow>(own));
    keep_farthest(all);
    return all;
  }

  /// Puts centroids on their rows' means: the sum of the squares of their shifts.
  double move_centroids() {
    double shift = 0;
    for (std::uint32_t cluster = 0; cluster < clusters_; ++cluster) {
      if (means_.members(cluster) == 0) continue;
      const std::vector<double> mean = means_.mean(cluster);
      const std::span<double> centroid =
          std::span(centroids_).subspan(cluster * rows_.dimension, rows_.dimension);
      if (std::ranges::equal(mean, centroid)) continue;
      for (std::size_t i = 0; i < mean.size(); ++i)
        shift += (mean[i] - centroid[i]) * (mean[i] - centroid[i]);
      std::ranges::copy(mean, centroid.begin());
      moved_.push_back(cluster);
    }
    return shift;
  }

  const Vectors& rows_;
  const Exchange& exchange_;
  std::size_t clusters_;
  std::vector<double> centroids_;
  std::vector<std::uint32_t> moved_;  ///< centroids that the nearest ones were not yet found for
  NearestCentroids nearest_;
  ClusterMeans means_;
  /// The cluster that a row counts for: its nearest centroid's, or an empty one that it was given.
  std::vector<std::uint32_t> member_of_;
};

}  // namespace

Clustering kmeans(const Vectors& rows, const KMeansOptions& options,
                  std::span<const double> initial, const Exchange& exchange) {
  core::check(options.clusters > 0 && rows.dimension > 0, "k-means has clusters and elements");
  const std::size_t own_rows = rows.values.size() / rows.dimension;
  const std::uint64_t count = total_rows(own_rows, exchange);
  if (count == 0) return {{initial.begin(), initial.end()}, {}, 0, 0};

  const FixedPoint units = element_units(rows, count, exchange);
  ClusterMeans everything(1, rows.dimension, units);
  for (std::size_t row = 0; row < own_rows; ++row) everything.add(0, rows[row]);
  everything.share(exchange);
  const std::vector<double> mean = everything.mean(0);
  std::vector<double> squares;
  for (std::size_t row = 0; row < own_rows; ++row)
    squares.push_back(squared_distance(rows[row], mean));
  const double variance = exact_sum(squares, count, exchange) / static_cast<double>(count) /
                          static_cast<double>(rows.dimension);

  const VectorPanels panels(rows, std::vector<float>(mean.begin(), mean.end()));
  std::vector<double> centroids(initial.begin(), initial.end());
  if (centroids.empty())
    centroids = kmeans_seeds(rows, panels, options.clusters, options.seed, exchange);
  Lloyd lloyd(rows, panels, units, std::move(centroids), exchange);
  const std::size_t iterations = lloyd.run(options.max_iterations, options.tolerance * variance);
  return std::move(lloyd).result(count, iterations);
}

}  // namespace winnow::selection
