#include "selection/nearest_rows.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "core/vector_clones.hpp"
#include "selection/centroid_products.hpp"
#include "selection/squared_distance.hpp"
#include "selection/vector_panels.hpp"

namespace winnow::selection {
namespace {

/// What half the squared distance of a row is at least, less its score.
using LeastHalves = std::array<double, core::kTileColumns>;

WINNOW_VECTOR_CLONES bool any_within(const float* scores, const double* least, double half) {
  int within = 0;
  for (std::size_t lane = 0; lane < core::kTileColumns; ++lane)
    within |= least[lane] - static_cast<double>(scores[lane]) > half ? 0 : 1;
  return within != 0;
}

}  // namespace

std::vector<NearRow> nearest_rows(std::span<const core::RowId> row, const Vectors& vectors,
                                  std::span<const double> centroids) {
  const std::size_t dimension = vectors.dimension;
  const std::vector<float> centre = middle_of(centroids, dimension);
  const VectorPanels panels(vectors, centre);
  const CentroidTable table =
      centroid_table(centroids, every_cluster(centroids.size() / dimension), centre);
  std::vector<NearRow> nearest(table.cluster.size(),
                               {std::numeric_limits<double>::infinity(), 0, 0});
  CentroidProducts products;
  for (std::size_t begin = 0; begin < row.size(); begin += core::kTileColumns) {
    const std::size_t rows = std::min(core::kTileColumns, row.size() - begin);
    LeastHalves least;
    least.fill(std::numeric_limits<double>::infinity());
    for (std::size_t lane = 0; lane < rows; ++lane) {
      const double norm = panels.squared_norms()[begin + lane];
      least[lane] = (norm - panels.distance_error(norm + table.largest_norm)) / 2;
    }
    products.compute(table, panels[begin / core::kTileColumns], dimension);
    for (std::size_t c = 0; c < nearest.size(); ++c) {
      if (!any_within(products.scores(c).data(), least.data(), nearest[c].squared_distance / 2))
        continue;
      for (std::size_t lane = 0; lane < rows; ++lane) {
        if (least[lane] - static_cast<double>(products.score(c, lane)) >
            nearest[c].squared_distance / 2)
          continue;
        const std::size_t index = begin + lane;
        const double distance =
            squared_distance(vectors[index], centroids.subspan(c * dimension, dimension));
        if (distance < nearest[c].squared_distance ||
            (distance == nearest[c].squared_distance && row[index] < nearest[c].row))
          nearest[c] = {distance, row[index], index};
      }
    }
  }
  return nearest;
}

}  // namespace winnow::selection
