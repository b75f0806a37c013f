#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "selection/expression_program.hpp"

namespace winnow::selection {

/// Replaces each number by its sum over all ranks, wrapping around at 2^64; nothing to do in one
/// process.
using SumOverRanks = std::function<void(std::span<std::uint64_t>)>;

/// A whole column's value over the rows of all ranks: exact sums, and order statistics found by
/// counting, so that no split of the rows changes a bit. `values` are finite.
///
/// mean, std_dev (population) and quantile (linear) follow numpy's definitions, median too: the
/// mean of the two middle values. Nullopt where there are no values or the result overflows.
[[nodiscard]] std::optional<double> aggregate(AggregateFunction function, double share,
                                              std::span<const double> values,
                                              const SumOverRanks& sum_over_ranks);

}  // namespace winnow::selection
