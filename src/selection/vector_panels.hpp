#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/tile_product.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Vectors for products in float32: each less `centre`, core::kTileColumns of them side by side,
/// the last panel filled up with zeros. [panels][dimension][core::kTileColumns]
///
/// Together with another vector less `centre`, of which `squared_norm` is the squared length of the
/// float32 elements, the squared distance is n + squared_norm - 2 product, n that of the row; its
/// error is at most `distance_error(n + squared_norm)`.
class VectorPanels {
 public:
  /// The vectors must outlive this object.
  VectorPanels(const Vectors& vectors, std::span<const float> centre);

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t dimension() const { return centre_.size(); }
  [[nodiscard]] std::span<const float> centre() const { return centre_; }
  /// Rows [panel * core::kTileColumns, ...), as columns.
  [[nodiscard]] core::MatrixRows<const float> operator[](std::size_t panel) const {
    return {values_.data() + panel * dimension() * core::kTileColumns, core::kTileColumns};
  }
  /// A panel of these rows, at most core::kTileColumns. [dimension][core::kTileColumns]
  [[nodiscard]] std::vector<float> gather(std::span<const std::size_t> rows) const;
  /// Squared length of each row less `centre`.
  [[nodiscard]] std::span<const double> squared_norms() const { return squared_norms_; }
  /// Infinite where float32 could overflow.
  [[nodiscard]] double distance_error(double squared_norms) const;

 private:
  void fill(std::span<const std::size_t> rows, std::span<float> panel) const;

  Vectors vectors_;
  std::size_t rows_;
  std::vector<float> centre_;
  std::vector<float> values_;
  std::vector<double> squared_norms_;
};

[[nodiscard]] double squared_norm(std::span<const float> vector);

}  // namespace winnow::selection
