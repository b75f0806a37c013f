#pragma once

#include <vector>

#include "core/partition.hpp"
#include "mpi/communicator.hpp"
#include "selection/near_duplicates.hpp"

namespace winnow::selection {

/// Collective. For each own row the first row in the order, of all ranks, that has the same set;
/// sets are told apart by 128 bits of hash. One record per row travels, and one per copy.
[[nodiscard]] std::vector<core::RowId> leaders_mpi(const mpi::Communicator& communicator,
                                                   const ShingledRows& rows);

}  // namespace winnow::selection
