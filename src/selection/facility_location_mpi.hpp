#pragma once

#include <cstdint>

#include "mpi/communicator.hpp"
#include "selection/facility_location.hpp"

namespace winnow::selection {

/// Collective. `facility_location` over the rows of all ranks: the same picks and gains for every
/// number of ranks, the whole selection on each. Vectors of candidates travel in batches, each rank
/// finds what they add to its own rows, and one sum of integers per batch brings that together;
/// every rank keeps the bounds of all rows. The dimension, `rule` and `amount` are equal on all
/// ranks, and `key` and `cost` are each given on all or none; a row id is on one rank only.
[[nodiscard]] Selection facility_location_mpi(const mpi::Communicator& communicator,
                                              const FacilityRows& rows, const FacilityRule& rule,
                                              std::uint64_t amount);

}  // namespace winnow::selection
