#pragma once

#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// A row and how far it is from something.
struct NearRow {
  double squared_distance = 0;
  core::RowId row = 0;
  std::size_t index = 0;  ///< in the rows that were asked about
};

/// For each centroid the row that is nearest to it by `squared_distance`, ties by row id; found
/// with products in float32 that settle what their rounding cannot change. @param row  of each
/// vector, at least one  @param centroids  [clusters, dimension]
[[nodiscard]] std::vector<NearRow> nearest_rows(std::span<const core::RowId> row,
                                                const Vectors& vectors,
                                                std::span<const double> centroids);

}  // namespace winnow::selection
