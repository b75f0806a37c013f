#pragma once

#include <cstdint>
#include <span>

#include "core/partition.hpp"
#include "selection/facility_similarity.hpp"
#include "selection/selection.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Rows with an embedding each. [n]; `cost` may be empty: every row then costs 1.
struct FacilityRows {
  std::span<const core::RowId> row;
  /// The list that the published program would be given is by key, then row id; only
  /// `FacilityTies::published` looks at it. Empty: by row id.
  std::span<const std::uint64_t> key;
  std::span<const std::uint32_t> cost;
  Vectors vectors;  ///< finite
};

/// Which of several rows with the same, largest gain is picked.
enum class FacilityTies {
  smallest_row,  ///< the one with the smallest row id
  published      ///< `faithful`: the one that submodlib's heap brings up first. Of equal bounds the
                 ///< later in the list comes first, and a row is taken as soon as its gain
                 ///< reaches the next bound, fresh or stale.
};

struct FacilityRule {
  FacilitySimilarity similarity = FacilitySimilarity::cosine;
  FacilityTies ties = FacilityTies::smallest_row;
  /// Memory for all similarities where they fit (four bytes a pair: 11,200 rows of 384 elements),
  /// else for lists (of rows that a candidate is still the best for), of all processes together;
  /// more makes it faster and changes nothing else. Lists as long as the vectors are kept in any
  /// case: twice the vectors' memory.
  std::uint64_t list_bytes = std::uint64_t{512} << 20;
};

/// Picks, until `amount` is spent, the row that adds most to f(S) = sum over all rows i of
/// max(0, largest similarity of i to a row of S): facility location with all rows as ground set.
/// The list ends at the first pick whose cost no longer fits. Once no row adds anything, rows go on
/// by the same rule for ties, and the result says from which pick on. `gain` is in similarities:
/// multiples of 2^-24, summed exactly. Lazy evaluation, beyond that without the n x n matrix:
/// besides the rows it keeps up to three copies of their vectors and `list_bytes`. Source:
/// Superfiltering.D, arXiv:2402.00530, its released `code_diversity_fla/do_fla.py`, and submodlib's
/// LazyGreedy, which it calls.
[[nodiscard]] Selection facility_location(const FacilityRows& rows, const FacilityRule& rule,
                                          std::uint64_t amount);

}  // namespace winnow::selection
