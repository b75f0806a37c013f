#include "selection/unit_panels.hpp"

#include "core/vector_clones.hpp"

namespace winnow::selection {

WINNOW_VECTOR_CLONES void scale_to_unit(std::span<const float> vector, double norm,
                                        std::span<float> unit) {
  const double scale = norm == 0 ? 0.0 : 1 / norm;
  for (std::size_t i = 0; i < vector.size(); ++i)
    unit[i] = static_cast<float>(static_cast<double>(vector[i]) * scale);
}

void UnitPanels::add(const Vectors& vectors, std::span<const double> norm) {
  std::vector<float> unit(dimension_);
  for (std::size_t v = 0; v < norm.size(); ++v, ++size_) {
    const std::size_t place = size_ % core::kTileColumns;
    if (place == 0) values_.resize(values_.size() + dimension_ * core::kTileColumns);
    float* const panel = values_.data() + (size_ - place) * dimension_;
    scale_to_unit(vectors[v], norm[v], unit);
    for (std::size_t i = 0; i < dimension_; ++i) panel[i * core::kTileColumns + place] = unit[i];
  }
}

void UnitPanels::multiply(std::span<const float> unit, std::size_t rows, std::size_t first,
                          std::size_t columns, std::span<float> products) const {
  for (std::size_t column = 0; column < columns; column += core::kTileColumns)
    core::multiply({unit.data(), dimension_},
                   {values_.data() + (first + column) * dimension_, core::kTileColumns}, rows,
                   dimension_, core::kTileColumns, {products.data() + column, columns});
}

}  // namespace winnow::selection
