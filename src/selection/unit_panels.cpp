#include "selection/unit_panels.hpp"

#include "core/vector_clones.hpp"

namespace winnow::selection {

WINNOW_VECTOR_CLONES void scale_to_unit(std::span<const float> vector, double norm,
                                        std::span<float> unit) {
  const double scale = norm == 0 ? 0.0 : 1 / norm;
  for (std::size_t i = 0; i < vector.size(); ++i)
    unit[i] = static_cast<float>(static_cast<double>(vector[i]) * scale);
}

UnitPanels::UnitPanels(const Vectors& vectors, std::span<const double> norm)
    : dimension_(vectors.dimension),
      columns_(core::filled_up_to_tiles(norm.size())),
      values_(columns_ * dimension_) {
  std::vector<float> unit(dimension_);
  for (std::size_t v = 0; v < norm.size(); ++v) {
    scale_to_unit(vectors[v], norm[v], unit);
    const std::size_t place = v % core::kTileColumns;
    float* const panel = values_.data() + (v - place) * dimension_;
    for (std::size_t i = 0; i < dimension_; ++i) panel[i * core::kTileColumns + place] = unit[i];
  }
}

void UnitPanels::multiply(std::span<const float> unit, std::size_t rows,
                          std::span<float> products) const {
  for (std::size_t first = 0; first < columns_; first += core::kTileColumns)
    core::multiply({unit.data(), dimension_},
                   {values_.data() + first * dimension_, core::kTileColumns}, rows, dimension_,
                   core::kTileColumns, {products.data() + first, columns_});
}

}  // namespace winnow::selection
