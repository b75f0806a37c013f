#pragma once

#include <cstdint>
#include <span>

#include "core/partition.hpp"
#include "selection/selection.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Rows with an embedding each. [n]; `cost` may be empty: every row then costs 1.
struct CostedVectors {
  std::span<const core::RowId> row;
  std::span<const std::uint32_t> cost;
  Vectors vectors;  ///< finite
};

/// Distances up to this are 0: what rounding leaves of a copy's.
constexpr double kCopyDistance = 1e-12;

/// Farthest-first traversal: the first pick is the first row of the random order of `seed`
/// (ranking.hpp), each further one the row whose nearest pick is farthest away, ties by row id,
/// until `amount` is spent: the list ends at the first pick whose cost no longer fits. The distance
/// of two rows is 1 - their `cosine_similarity`, within 0 and 2; vectors without length are thus at
/// distance 1 from all others. `gain` is the distance to the nearest earlier pick, infinite for the
/// first; `filled_from` the first pick at distance 0, from which on copies follow by row id.
/// Source: Gonzalez 1985; Sener & Savarese 2018, arXiv:1708.00489, algorithm 1 (there from a given
/// labelled set, over Euclidean distances).
[[nodiscard]] Selection k_center(const CostedVectors& rows, std::uint64_t seed,
                                 std::uint64_t amount);

}  // namespace winnow::selection
