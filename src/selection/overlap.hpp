#pragma once

#include <cstdint>
#include <span>

#include "core/partition.hpp"

namespace winnow::selection {

/// What two sets of rows have in common.
struct Overlap {
  std::uint64_t rows = 0;  ///< in both
  double jaccard = 0;      ///< in both / in either
  double expected = 0;     ///< rows in both if the sets were drawn at random: |a| |b| / all
};

/// @param a, b  distinct row ids, ascending, not empty
/// @param all   rows of the data set
[[nodiscard]] Overlap overlap(std::span<const core::RowId> a, std::span<const core::RowId> b,
                              std::uint64_t all);

}  // namespace winnow::selection
