#pragma once

#include <span>

#include "mpi/communicator.hpp"
#include "selection/kmeans.hpp"

namespace winnow::selection {

/// Collective. `kmeans` over the rows of all ranks: the same clusters, to the last bit, for every
/// number of ranks. Lower ranks hold lower rows; `options`, `initial` and the dimension are equal
/// on all ranks.
[[nodiscard]] Clustering kmeans_mpi(const mpi::Communicator& communicator, const Vectors& rows,
                                    const KMeansOptions& options,
                                    std::span<const double> initial = {});

}  // namespace winnow::selection
