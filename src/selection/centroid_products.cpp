#include "selection/centroid_products.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/vector_clones.hpp"

namespace winnow::selection {
namespace {

/// Centroids whose products are looked at while they are in the nearest cache.
constexpr std::size_t kCentroids = 128;

WINNOW_VECTOR_CLONES void keep_best(float* scores, const float* half_norm, std::size_t first,
                                    std::size_t count, std::uint32_t* best, float* best_score,
                                    float* second_score) {
  for (std::size_t c = 0; c < count; ++c) {
    float* const row = scores + c * core::kTileColumns;
    const auto centroid = static_cast<std::uint32_t>(first + c);
    for (std::size_t lane = 0; lane < core::kTileColumns; ++lane) {
      const float score = row[lane] - half_norm[c];
      const float top = best_score[lane];
      const float lower = score > top ? top : score;
      row[lane] = score;
      second_score[lane] = lower > second_score[lane] ? lower : second_score[lane];
      best[lane] = score > top ? centroid : best[lane];
      best_score[lane] = score > top ? score : top;
    }
  }
}

}  // namespace

std::vector<std::uint32_t> every_cluster(std::size_t clusters) {
  std::vector<std::uint32_t> cluster(clusters);
  std::iota(cluster.begin(), cluster.end(), std::uint32_t{0});
  return cluster;
}

std::vector<float> middle_of(std::span<const double> centroids, std::size_t dimension) {
  const auto clusters = static_cast<double>(centroids.size() / dimension);
  std::vector<float> middle(dimension);
  for (std::size_t i = 0; i < centroids.size(); ++i)
    middle[i % dimension] += static_cast<float>(centroids[i] / clusters);
  return middle;
}

CentroidTable centroid_table(std::span<const double> centroids,
                             std::span<const std::uint32_t> cluster,
                             std::span<const float> centre) {
  CentroidTable table;
  table.cluster.assign(cluster.begin(), cluster.end());
  table.values.reserve(cluster.size() * centre.size());
  for (const std::uint32_t each : cluster) {
    for (std::size_t i = 0; i < centre.size(); ++i)
      table.values.push_back(
          static_cast<float>(centroids[each * centre.size() + i] - static_cast<double>(centre[i])));
    const double norm = squared_norm(std::span(table.values).last(centre.size()));
    table.half_norm.push_back(static_cast<float>(norm / 2));
    table.largest_norm = std::max(table.largest_norm, norm);
  }
  return table;
}

void CentroidProducts::compute(const CentroidTable& table, core::MatrixRows<const float> panel,
                               std::size_t dimension) {
  const std::size_t count = table.cluster.size();
  scores_.resize(count * core::kTileColumns);
  best_.fill(0);
  best_score_.fill(-std::numeric_limits<float>::infinity());
  second_score_.fill(-std::numeric_limits<float>::infinity());
  for (std::size_t first = 0; first < count; first += kCentroids) {
    const std::size_t some = std::min(kCentroids, count - first);
    float* const scores = scores_.data() + first * core::kTileColumns;
    core::multiply({table.values.data() + first * dimension, dimension}, panel, some, dimension,
                   core::kTileColumns, {scores, core::kTileColumns});
    keep_best(scores, table.half_norm.data() + first, first, some, best_.data(), best_score_.data(),
              second_score_.data());
  }
}

}  // namespace winnow::selection
