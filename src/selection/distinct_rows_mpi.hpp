#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "mpi/communicator.hpp"
#include "selection/distinct_rows.hpp"

namespace winnow::selection {

/// This rank's share of the distinct rows of all ranks: those whose lowest row id is here, with
/// their members from everywhere.
struct DistinctShare {
  DistinctRows rows;
  std::vector<core::RowId> leader;  ///< lowest row id of each candidate, ascending
};

/// Collective. `term` are the rows' terms in numbers that all ranks share. One record per row
/// travels, and two per copy.
[[nodiscard]] DistinctShare distinct_rows_mpi(const mpi::Communicator& communicator,
                                              const GreedyRows& rows,
                                              std::span<const std::uint32_t> term,
                                              const Objective& objective);

}  // namespace winnow::selection
