#pragma once

#include <cstdint>
#include <vector>

#include "selection/counted_mpi.hpp"
#include "selection/position.hpp"
#include "selection/take.hpp"

namespace winnow::selection {

/// Rows taken from all ranks, in order.
struct TakenEverywhere {
  std::vector<Position> position;
  std::vector<std::uint64_t> cost;  ///< of each
  std::uint64_t spent = 0;
};

/// Collective. `take` over the rows of all ranks, the result on every rank; only rows that are
/// taken travel (with a cost per row, in batches of 65,536 or fewer). `amount` is equal on all
/// ranks, and `rows.cost` is given on all or none.
[[nodiscard]] TakenEverywhere take_mpi(CountedCollectives& collectives, const OrderedRows& rows,
                                       std::uint64_t amount);

}  // namespace winnow::selection
