#pragma once

#include "mpi/communicator.hpp"
#include "selection/near_duplicates.hpp"

namespace winnow::selection {

/// Collective. `near_duplicates` over the rows of all ranks: the same result for every number of
/// ranks, whole on each. `rule` is equal on all ranks; a row id is on one rank only. Distinct sets
/// travel in order, 4,096 rows at a time, and each rank keeps the sets and the buckets of its share
/// of the kept rows: 8 bytes per shingle and about 24 per band of each, up to twice that while they
/// grow.
[[nodiscard]] NearDuplicates near_duplicates_mpi(const mpi::Communicator& communicator,
                                                 const ShingledRows& rows,
                                                 const NearDuplicateRule& rule);

}  // namespace winnow::selection
