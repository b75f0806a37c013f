#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "selection/centroid_products.hpp"
#include "selection/vector_panels.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Rows by the centroid that is nearest to them.
struct Assignment {
  std::vector<std::uint32_t> cluster;    ///< of each row of this process
  std::vector<double> squared_distance;  ///< of each to its centroid
};

/// Each row's nearest centroid by `squared_distance`, the first of several. @param centroids
/// [clusters, dimension], at least one
[[nodiscard]] Assignment assign_to_nearest(const Vectors& rows, std::span<const double> centroids);

/// Keeps rows assigned to their nearest centroids while these move. Products in float32 settle what
/// their rounding cannot change, the rest is computed again; and a row that is still nearer to its
/// centroid than to any that stayed is compared with those only that have moved.
class NearestCentroids {
 public:
  /// Both must outlive this object. @param panels  of `rows`
  NearestCentroids(const Vectors& rows, const VectorPanels& panels)
      : rows_(rows), panels_(panels) {}

  /// @param centroids  [clusters, dimension], at least one; as many in every call
  /// @param moved      those that differ from the call before, ascending; all in the first call
  void update(std::span<const double> centroids, std::span<const std::uint32_t> moved);

  [[nodiscard]] const std::vector<std::uint32_t>& cluster() const { return assignment_.cluster; }
  /// The centroids of the last update must still be as they were then.
  [[nodiscard]] const Assignment& assignment();

 private:
  double& own_distance(std::size_t row);
  [[nodiscard]] std::vector<std::size_t> follow_own(std::span<const std::uint32_t> moved);
  void compare_with_moved(std::span<const std::uint32_t> moved,
                          std::span<const std::size_t> passed_over);
  void compare_with_all(std::span<const std::size_t> rows);
  void settle(std::size_t row, std::size_t lane);
  void settle_against_own(std::size_t row, std::size_t lane);
  [[nodiscard]] double distance(std::size_t row, std::uint32_t cluster) const;

  Vectors rows_;
  const VectorPanels& panels_;
  std::span<const double> centroids_;  ///< of the last update
  CentroidTable table_;
  CentroidProducts products_;
  Assignment assignment_;       ///< a distance is infinite until it is asked for
  std::vector<double> others_;  ///< squared distances of no other centroid are below it. [rows]
};

}  // namespace winnow::selection
