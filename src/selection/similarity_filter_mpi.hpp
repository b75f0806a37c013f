#pragma once

#include <cstdint>

#include "mpi/communicator.hpp"
#include "selection/similarity_filter.hpp"

namespace winnow::selection {

/// Collective. `similarity_filter` over the rows of all ranks: the same picks for every number of
/// ranks, the whole selection on each. Rows travel in the order of picks, 1,024 at a time, and each
/// rank keeps the vectors of its share of the picks. The dimension, the threshold and `amount` are
/// equal on all ranks, and `cost` is given on all or none; a row id is on one rank only.
[[nodiscard]] Selection similarity_filter_mpi(const mpi::Communicator& communicator,
                                              const ScoredVectors& rows,
                                              double max_cosine_similarity, std::uint64_t amount);

}  // namespace winnow::selection
