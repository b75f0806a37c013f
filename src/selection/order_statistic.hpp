#pragma once

#include <cstdint>
#include <span>

#include "selection/aggregate.hpp"

namespace winnow::selection {

/// The value at `index` (from 0) of the ascending order of all ranks' values; there are more than
/// `index` of them, none is NaN. Counts of keys travel, values do not.
[[nodiscard]] double order_statistic(std::span<const double> values, std::uint64_t index,
                                     const SumOverRanks& sum_over_ranks);

}  // namespace winnow::selection
