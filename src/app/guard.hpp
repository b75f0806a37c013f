#pragma once

#include <functional>

#include "mpi/communicator.hpp"

namespace winnow::app {

/// Runs `body` and turns what it throws into one line on stderr, from one rank, and an exit code.
/// An error that all ranks agreed on ends them all in order; any other one ends the whole job at
/// once, since the other ranks may be waiting in a collective.
[[nodiscard]] int guarded(const mpi::Communicator& communicator, const std::function<int()>& body);

}  // namespace winnow::app
