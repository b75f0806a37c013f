#pragma once

#include <cstddef>
#include <span>

namespace winnow::selection {

/// One vector of float32 per row, row after row.
struct Vectors {
  std::span<const float> values;  ///< [rows, dimension]
  std::size_t dimension = 0;

  [[nodiscard]] std::span<const float> operator[](std::size_t row) const {
    return values.subspan(row * dimension, dimension);
  }
  [[nodiscard]] std::size_t size() const { return dimension == 0 ? 0 : values.size() / dimension; }
  [[nodiscard]] Vectors range(std::size_t first, std::size_t count) const {
    return {values.subspan(first * dimension, count * dimension), dimension};
  }
};

}  // namespace winnow::selection
