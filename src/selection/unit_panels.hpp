#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/tile_product.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Writes the vector at length 1, in float32; zeros where it has no length. `unit` is as long as
/// `vector`.
void scale_to_unit(std::span<const float> vector, double norm, std::span<float> unit);

/// Vectors at length 1 in float32, laid out as the second matrix of a product.
class UnitPanels {
 public:
  /// @param norm  of each vector
  UnitPanels(const Vectors& vectors, std::span<const double> norm);

  [[nodiscard]] std::size_t columns() const { return columns_; }
  /// products [rows, columns()] of `unit` [rows, dimension] with all vectors and, behind them,
  /// zeros
  void multiply(std::span<const float> unit, std::size_t rows, std::span<float> products) const;

 private:
  std::size_t dimension_;
  std::size_t columns_;
  std::vector<float> values_;  ///< [columns / kTileColumns][dimension][kTileColumns]
};

}  // namespace winnow::selection
