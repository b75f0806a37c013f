#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

/// Spearman's rank correlation of two columns of numbers, equal numbers sharing their mean rank;
/// NaN where one of them is constant or there are fewer than 2 rows.  `a` and `b` are equally long.
[[nodiscard]] double rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace winnow::selection
