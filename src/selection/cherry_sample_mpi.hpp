#pragma once

#include "mpi/communicator.hpp"
#include "selection/cherry_sample.hpp"

namespace winnow::selection {

/// Collective. `cherry_sample` over the rows of all ranks, the whole selection on each; all rows of
/// a cluster travel, with a perplexity each, to one rank. `rule` is equal on all ranks, and a row
/// id is on one rank only.
[[nodiscard]] Selection cherry_sample_mpi(const mpi::Communicator& communicator,
                                          const PerplexedRows& rows, const CherrySampleRule& rule);

}  // namespace winnow::selection
