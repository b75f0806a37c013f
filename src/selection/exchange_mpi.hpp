#pragma once

#include "mpi/communicator.hpp"
#include "selection/exchange.hpp"

namespace winnow::selection {

/// The ranks of `communicator`, which must outlive the result.
[[nodiscard]] Exchange exchange_of(const mpi::Communicator& communicator);

}  // namespace winnow::selection
