#pragma once

#include <cstdint>
#include <span>

#include "mpi/communicator.hpp"
#include "selection/position.hpp"
#include "selection/selection.hpp"
#include "selection/take.hpp"

// Collective twins of ranking.hpp: each rank passes its own rows, every rank gets the whole
// selection. `direction`, `seed` and `amount` are equal on all ranks, and `cost` is given on all or
// none. Only selected rows travel.

namespace winnow::selection {

[[nodiscard]] Selection ranking_mpi(const mpi::Communicator& communicator,
                                    std::span<const core::RowId> row, std::span<const double> value,
                                    Direction direction, std::span<const std::uint32_t> cost,
                                    std::uint64_t amount);

[[nodiscard]] Selection random_subset_mpi(const mpi::Communicator& communicator,
                                          std::span<const core::RowId> row, std::uint64_t seed,
                                          std::span<const std::uint32_t> cost,
                                          std::uint64_t amount);

/// Ranks hold ascending rows, lower ranks lower rows.
[[nodiscard]] Selection vanilla_mpi(const mpi::Communicator& communicator,
                                    std::span<const core::RowId> row);

}  // namespace winnow::selection
