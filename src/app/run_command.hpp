#pragma once

#include <atomic>

#include "app/command_line.hpp"
#include "mpi/communicator.hpp"

namespace winnow::app {

/// `winnow run|index|score|select|generate|evaluate JOB`: the command's stage and those that it
/// needs, those already done being skipped.
int run_command(const mpi::Communicator& communicator, const CommandLine& line,
                const std::atomic<bool>& stop_requested);

}  // namespace winnow::app
