#pragma once

#include <cstdint>

#include "mpi/communicator.hpp"
#include "selection/k_center.hpp"

namespace winnow::selection {

/// Collective. `k_center` over the rows of all ranks: the same picks for every number of ranks, the
/// whole selection on each. `seed`, `amount` and the dimension are equal on all ranks, and `cost`
/// is given on all or none; a row id is on one rank only. A rank holds the vectors of a pool of
/// about a thousand candidates and, for half as many picks as it has rows or for 1,024, a vector
/// each and what bounds its cosines (cosine_bounds.hpp).
[[nodiscard]] Selection k_center_mpi(const mpi::Communicator& communicator,
                                     const CostedVectors& rows, std::uint64_t seed,
                                     std::uint64_t amount);

}  // namespace winnow::selection
