#include "core/tile_product.hpp"

#include <cmath>
#include <utility>

#include "core/vector_clones.hpp"

namespace winnow::core {
namespace {

template <std::size_t rows>
[[gnu::always_inline]] inline void multiply_tile(MatrixRows<const float> a,
                                                 MatrixRows<const float> b, std::size_t first,
                                                 std::size_t depth, MatrixRows<float> c) {
  float sums[rows][kTileColumns] = {};
  for (std::size_t k = 0; k < depth; ++k) {
    const float* const row = b.first + k * b.stride;
    for (std::size_t r = 0; r < rows; ++r) {
      const float factor = a.first[(first + r) * a.stride + k];
#pragma omp simd
      for (std::size_t j = 0; j < kTileColumns; ++j)
        sums[r][j] = std::fma(factor, row[j], sums[r][j]);
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < kTileColumns; ++j) c.first[(first + r) * c.stride + j] = sums[r][j];
}

}  // namespace

WINNOW_VECTOR_CLONES void multiply(MatrixRows<const float> a, MatrixRows<const float> b,
                                   std::size_t rows, std::size_t depth, std::size_t columns,
                                   MatrixRows<float> c) {
  for (std::size_t j = 0; j < columns; j += kTileColumns) {
    const MatrixRows<const float> panel{b.first + j, b.stride};
    const MatrixRows<float> columns_of_c{c.first + j, c.stride};
    // A tile's sums stay in registers; the more rows it has, the less often the panel is read.
    std::size_t r = 0;
    for (; rows - r >= 8; r += 8) multiply_tile<8>(a, panel, r, depth, columns_of_c);
    if (rows - r >= 4) multiply_tile<4>(a, panel, std::exchange(r, r + 4), depth, columns_of_c);
    if (rows - r >= 2) multiply_tile<2>(a, panel, std::exchange(r, r + 2), depth, columns_of_c);
    if (rows > r) multiply_tile<1>(a, panel, r, depth, columns_of_c);
  }
}

}  // namespace winnow::core
