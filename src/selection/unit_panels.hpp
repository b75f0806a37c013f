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
  explicit UnitPanels(std::size_t dimension) : dimension_(dimension) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  /// @param norm  of each vector
  void add(const Vectors& vectors, std::span<const double> norm);
  /// products [rows, columns] of `unit` [rows, dimension] with the vectors from `first` on and,
  /// behind the last one, zeros. `first` and `columns` are multiples of kTileColumns.
  void multiply(std::span<const float> unit, std::size_t rows, std::size_t first,
                std::size_t columns, std::span<float> products) const;

 private:
  std::size_t dimension_;
  std::size_t size_ = 0;
  std::vector<float> values_;  ///< [panels][dimension][kTileColumns]
};

}  // namespace winnow::selection
