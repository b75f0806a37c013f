#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/kmeans.hpp"
#include "selection/selection.hpp"
#include "selection/vectors.hpp"

// Selections from clusters. Lists end at the first pick whose cost no longer fits `amount`.

namespace winnow::selection {

/// Rows and where they stand among the centroids. [n] each; `cost` may be empty: every row then
/// costs 1.
struct ClusteredRows {
  std::span<const core::RowId> row;
  std::span<const std::uint32_t> cost;
  std::span<const std::uint32_t> cluster;
  std::span<const double> squared_distance;  ///< to the cluster's centroid
};

/// Keys of the order of `per_cluster`: a row's place in its cluster, then the cluster.
[[nodiscard]] std::vector<std::uint64_t> round_robin_keys(const ClusteredRows& rows);

/// Goes round the clusters, in ascending order, and takes of each the nearest row to its centroid
/// that is not taken yet (ties: row id), until `amount` is spent.
[[nodiscard]] Selection per_cluster(const ClusteredRows& rows, std::uint64_t amount);

/// For each centroid, in ascending order, the row of all that is nearest to it, whatever cluster it
/// is in (`squared_distance`, ties: row id). A row that is nearest to several centroids is taken
/// once. With as many clusters as `amount` that is the published rule; what is then missing to
/// `amount`, `per_cluster` fills up with rows that are not taken, and `filled_from` says from which
/// pick on. @param centroids  [clusters, dimension]
/// Source: GraphFilter's k-means baseline (arXiv:2410.12458), which does not say what happens to a
/// row that is nearest to two centroids.
[[nodiscard]] Selection nearest_to_centroids(const ClusteredRows& rows, const Vectors& vectors,
                                             std::span<const double> centroids,
                                             std::uint64_t amount);

}  // namespace winnow::selection
