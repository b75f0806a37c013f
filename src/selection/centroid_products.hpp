#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tile_product.hpp"
#include "selection/vector_panels.hpp"

namespace winnow::selection {

/// Some of the centroids, less a centre, in float32.
struct CentroidTable {
  std::vector<std::uint32_t> cluster;  ///< [count], ascending
  std::vector<float> values;           ///< [count, dimension]
  std::vector<float> half_norm;        ///< [count]: half the squared length
  double largest_norm = 0;             ///< largest squared length
};

/// 0, 1, ..., clusters - 1.
[[nodiscard]] std::vector<std::uint32_t> every_cluster(std::size_t clusters);

/// A centre for the panels of rows that are compared with `centroids`: about the mean of these.
[[nodiscard]] std::vector<float> middle_of(std::span<const double> centroids,
                                           std::size_t dimension);

/// @param centroids  [clusters, dimension]  @param cluster  those that are wanted, ascending
[[nodiscard]] CentroidTable centroid_table(std::span<const double> centroids,
                                           std::span<const std::uint32_t> cluster,
                                           std::span<const float> centre);

/// How near the rows of one panel are to the centroids of a table: a row's score for a centroid is
/// their product less half the centroid's squared length, so that n - 2 score is the squared
/// distance, up to the panels' `distance_error`.
class CentroidProducts {
 public:
  void compute(const CentroidTable& table, core::MatrixRows<const float> panel,
               std::size_t dimension);

  [[nodiscard]] float score(std::size_t centroid, std::size_t lane) const {
    return scores_[centroid * core::kTileColumns + lane];
  }
  /// All rows' scores for one centroid. [core::kTileColumns]
  [[nodiscard]] std::span<const float> scores(std::size_t centroid) const {
    return std::span(scores_).subspan(centroid * core::kTileColumns, core::kTileColumns);
  }
  /// Index in the table of the first centroid with the row's best score.
  [[nodiscard]] std::size_t best(std::size_t lane) const { return best_[lane]; }
  [[nodiscard]] float best_score(std::size_t lane) const { return best_score_[lane]; }
  /// The best score among the other centroids; -infinity if there are none.
  [[nodiscard]] float second_score(std::size_t lane) const { return second_score_[lane]; }

 private:
  std::vector<float> scores_;  ///< [count, core::kTileColumns]
  std::array<std::uint32_t, core::kTileColumns> best_{};
  std::array<float, core::kTileColumns> best_score_{};
  std::array<float, core::kTileColumns> second_score_{};
};

}  // namespace winnow::selection
