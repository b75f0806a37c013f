#pragma once

#include <cstddef>

namespace winnow::core {

/// Columns of a tile: the second matrix of a product and the result have a multiple of so many.
constexpr std::size_t kTileColumns = 32;

[[nodiscard]] constexpr std::size_t filled_up_to_tiles(std::size_t columns) {
  return (columns + kTileColumns - 1) / kTileColumns * kTileColumns;
}

/// A matrix of float32 by rows: element (r, c) stands at first[r * stride + c].
template <typename T>
struct MatrixRows {
  T* first = nullptr;
  std::size_t stride = 0;
};

/// c [rows, columns] = a [rows, depth] b [depth, columns], columns a multiple of kTileColumns. In
/// one thread; an element's bits depend on its row of `a` and its column of `b` alone.
void multiply(MatrixRows<const float> a, MatrixRows<const float> b, std::size_t rows,
              std::size_t depth, std::size_t columns, MatrixRows<float> c);

/// The same, added to `c`.
void multiply_add(MatrixRows<const float> a, MatrixRows<const float> b, std::size_t rows,
                  std::size_t depth, std::size_t columns, MatrixRows<float> c);

}  // namespace winnow::core
