#pragma once

#include <cstddef>
#include <cstdint>

#include "core/tile_product.hpp"

namespace winnow::core {

/// Bytes of a column that stand side by side in a panel: [depth /
/// kByteGroup][kTileColumns][kByteGroup].
constexpr std::size_t kByteGroup = 4;
/// No sum of products leaves 32 bits up to here.
constexpr std::size_t kMostByteDepth = 65'536;

/// Whether this processor multiplies bytes faster than float32 (AVX512-VNNI: four times as fast).
[[nodiscard]] bool has_fast_byte_products();

/// Adds a [rows, depth] times a panel to c [rows, kTileColumns], exactly. `depth` is a multiple of
/// kByteGroup, in all at most kMostByteDepth.
void multiply_add(MatrixRows<const std::int8_t> a, const std::uint8_t* panel, std::size_t rows,
                  std::size_t depth, std::int32_t* c);

}  // namespace winnow::core
