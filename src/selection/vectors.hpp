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
};

}  // namespace winnow::selection
