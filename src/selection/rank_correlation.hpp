#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/score_status.hpp"

namespace winnow::selection {

/// Of a column of numbers their order alone: sorted once for any number of correlations.
struct NumberOrder {
  /// [rows] of the row's number among the distinct ones, ascending from 0; kNoPlace where it has
  /// none
  std::vector<std::uint32_t> place;
  std::size_t distinct = 0;
};
constexpr std::uint32_t kNoPlace = 0xFFFFFFFF;

/// @param status  [values.size()]; a value whose status is not ok means nothing
[[nodiscard]] NumberOrder order_of(std::span<const double> values,
                                   std::span<const core::ScoreStatus> status);

/// Spearman's rank correlation over the rows that have both numbers, equal numbers sharing their
/// mean rank; nothing where one of them is constant there or there are fewer than 2 such rows.
/// Takes time in proportion to the rows.  `a` and `b` are of the same rows.
[[nodiscard]] std::optional<double> rank_correlation(const NumberOrder& a, const NumberOrder& b);

}  // namespace winnow::selection
