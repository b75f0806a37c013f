#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/position.hpp"
#include "selection/selection.hpp"

// Selections that look at one number per row. Undefined numbers are the caller's: such rows are not
// passed.

namespace winnow::selection {

/// Keys of the order "best value first". @throws InternalError for NaN.
[[nodiscard]] std::vector<std::uint64_t> ranking_keys(std::span<const double> value,
                                                      Direction direction);

/// Keys of a random order that depends on (seed, row) alone: the same subset on any number of
/// ranks.
[[nodiscard]] std::vector<std::uint64_t> random_keys(std::span<const core::RowId> row,
                                                     std::uint64_t seed);

/// The rows with the best values in that order, ties by row id. `cost` as in OrderedRows.
[[nodiscard]] Selection ranking(std::span<const core::RowId> row, std::span<const double> value,
                                Direction direction, std::span<const std::uint32_t> cost,
                                std::uint64_t amount);

/// A uniform sample without replacement, in random order.
[[nodiscard]] Selection random_subset(std::span<const core::RowId> row, std::uint64_t seed,
                                      std::span<const std::uint32_t> cost, std::uint64_t amount);

/// Every row, in file order. `row` ascending.
[[nodiscard]] Selection vanilla(std::span<const core::RowId> row);

}  // namespace winnow::selection
