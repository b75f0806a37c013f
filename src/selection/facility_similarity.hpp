#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tile_product.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// How alike two vectors are.
enum class FacilitySimilarity {
  /// exp(-distance / dimension), distance Euclidean, every step in float32 as submodlib does it
  /// (`euclidean_similarity` of cpp/utils/helper.cpp): squares of differences summed in the order
  /// of the elements, no contraction, exp of the C library. Values in [0.5, 1], those of all unit
  /// vectors, are multiples of 2^-24 as they are; smaller ones lose what is below.
  published,
  /// The product of the two unit vectors in float32: elements divided by the float64 norm and
  /// rounded, then one fused multiply-add per element in their order; cut to a multiple of 2^-24.
  /// A vector without length is like none, itself included.
  cosine
};

/// Similarities are integers, in units of 2^-24.
constexpr int kSimilarityBits = 24;

/// The vectors as `similarities` takes them: unit vectors for cosine, else themselves.
[[nodiscard]] std::vector<float> prepare(FacilitySimilarity similarity, const Vectors& vectors);

/// Prepared vectors, core::kTileColumns to a panel, element by element; the last panel is filled
/// up with zeros. [panels][dimension][core::kTileColumns]
[[nodiscard]] std::vector<float> panels_of(const Vectors& prepared);

/// The similarities of `rows` prepared vectors, one after the other, to those of a panel. A pair's
/// is the same whichever of the two is in the panel. @param units  [rows][core::kTileColumns]
void similarities(FacilitySimilarity similarity, std::span<const float> vectors,
                  std::span<const float> panel, std::size_t dimension,
                  std::span<std::int32_t> units);

}  // namespace winnow::selection
