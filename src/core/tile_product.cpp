#include "core/tile_product.hpp"

#include <cmath>
#include <utility>

#include "core/vector_clones.hpp"

namespace winnow::core {
namespace {

enum class Target { is_set, is_added_to };

template <std::size_t rows, Target target>
[[gnu::always_inline]] inline void multiply_tile(MatrixRows<const float> a,
                                                 MatrixRows<const float> b, std::size_t first,
                                                 std::size_t depth, MatrixRows<float> c) {
  float sums[rows][kTileColumns] = {};
  if constexpr (target == Target::is_added_to)
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < kTileColumns; ++j)
        sums[r][j] = c.first[(first + r) * c.stride + j];
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

template <Target target>
[[gnu::always_inline]] inline void multiply_into(MatrixRows<const float> a,
                                                 MatrixRows<const float> b, std::size_t rows,
                                                 std::size_t depth, std::size_t columns,
                                                 MatrixRows<float> c) {
  for (std::size_t j = 0; j < columns; j += kTileColumns) {
    const MatrixRows<const float> panel{b.first + j, b.stride};
    const MatrixRows<float> columns_of_c{c.first + j, c.stride};
    // A tile's sums stay in registers; the more rows it has, the less often the panel is read.
    std::size_t r = 0;
    for (; rows - r >= 8; r += 8) multiply_tile<8, target>(a, panel, r, depth, columns_of_c);
    if (rows - r >= 4)
      multiply_tile<4, target>(a, panel, std::exchange(r, r + 4), depth, columns_of_c);
    if (rows - r >= 2)
      multiply_tile<2, target>(a, panel, std::exchange(r, r + 2), depth, columns_of_c);
    if (rows > r) multiply_tile<1, target>(a, panel, r, depth, columns_of_c);
  }
}

}  // namespace

WINNOW_VECTOR_CLONES void multiply(MatrixRows<const float> a, MatrixRows<const float> b,
                                   std::size_t rows, std::size_t depth, std::size_t columns,
                                   MatrixRows<float> c) {
  multiply_into<Target::is_set>(a, b, rows, depth, columns, c);
}

WINNOW_VECTOR_CLONES void multiply_add(MatrixRows<const float> a, MatrixRows<const float> b,
                                       std::size_t rows, std::size_t depth, std::size_t columns,
                                       MatrixRows<float> c) {
  multiply_into<Target::is_added_to>(a, b, rows, depth, columns, c);
}

}  // namespace winnow::core
