#pragma once

#include <cstdint>
#include <span>

#include "mpi/communicator.hpp"
#include "selection/cluster_picks.hpp"

// Collective twins of cluster_picks.hpp: each rank passes its own rows, every rank gets the whole
// selection. `centroids` and `amount` are equal on all ranks, `cost` is given on all or none, and a
// row id is on one rank only.

namespace winnow::selection {

/// All rows of a cluster travel, with a distance and a cost each, to one rank.
[[nodiscard]] Selection per_cluster_mpi(const mpi::Communicator& communicator,
                                        const ClusteredRows& rows, std::uint64_t amount);

[[nodiscard]] Selection nearest_to_centroids_mpi(const mpi::Communicator& communicator,
                                                 const ClusteredRows& rows, const Vectors& vectors,
                                                 std::span<const double> centroids,
                                                 std::uint64_t amount);

}  // namespace winnow::selection
