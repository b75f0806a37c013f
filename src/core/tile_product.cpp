#include "core/tile_product.hpp"

#include <cmath>

#include "core/vector_clones.hpp"

namespace winnow::core {
namespace {

/// Rows of a tile: with kTileColumns columns its sums stay in registers.
constexpr std::size_t kTileRows = 4;

template <std::size_t rows>
[[gnu::always_inline]] inline void multiply_tile(MatrixRows<const float> a,
                                                 MatrixRows<const float> b, std::size_t depth,
                                                 MatrixRows<float> c) {
  float sums[rows][kTileColumns] = {};
  for (std::size_t k = 0; k < depth; ++k) {
    const float* const row = b.first + k * b.stride;
    for (std::size_t r = 0; r < rows; ++r) {
      const float factor = a.first[r * a.stride + k];
#pragma omp simd
      for (std::size_t j = 0; j < kTileColumns; ++j)
        sums[r][j] = std::fma(factor, row[j], sums[r][j]);
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < kTileColumns; ++j) c.first[r * c.stride + j] = sums[r][j];
}

}  // namespace

WINNOW_VECTOR_CLONES void multiply(MatrixRows<const float> a, MatrixRows<const float> b,
                                   std::size_t rows, std::size_t depth, std::size_t columns,
                                   MatrixRows<float> c) {
  for (std::size_t j = 0; j < columns; j += kTileColumns) {
    const MatrixRows<const float> panel{b.first + j, b.stride};
    std::size_t r = 0;
    for (; r + kTileRows <= rows; r += kTileRows)
      multiply_tile<kTileRows>({a.first + r * a.stride, a.stride}, panel, depth,
                               {c.first + r * c.stride + j, c.stride});
    for (; r < rows; ++r)
      multiply_tile<1>({a.first + r * a.stride, a.stride}, panel, depth,
                       {c.first + r * c.stride + j, c.stride});
  }
}

}  // namespace winnow::core
