#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/cluster_picks.hpp"

// The parts of `nearest_to_centroids` that its collective twin shares.

namespace winnow::selection {

/// The row that is nearest to a centroid; at an infinite distance where there are no rows.
struct NearestPick {
  double squared_distance = 0;
  core::RowId row = 0;
  std::uint64_t cost = 1;
};

/// One per centroid.
[[nodiscard]] std::vector<NearestPick> nearest_picks(const ClusteredRows& rows,
                                                     const Vectors& vectors,
                                                     std::span<const double> centroids);

struct FirstPicks {
  Selection selection;
  bool is_complete = false;  ///< nothing is to follow: all is spent, or a pick did not fit
};

/// The picks of all rows in order, each row once.
[[nodiscard]] FirstPicks take_picks(std::span<const NearestPick> picks, std::uint64_t amount);

/// Some of the rows.
struct OtherRows {
  std::vector<core::RowId> row;
  std::vector<std::uint32_t> cost;
  std::vector<std::uint32_t> cluster;
  std::vector<double> squared_distance;

  [[nodiscard]] ClusteredRows columns() const { return {row, cost, cluster, squared_distance}; }
};

[[nodiscard]] OtherRows rows_without(const ClusteredRows& rows,
                                     std::span<const core::RowId> picked);

/// `selection` with the picks of `fill` after its own.
[[nodiscard]] Selection filled_up(Selection selection, const Selection& fill);

}  // namespace winnow::selection
