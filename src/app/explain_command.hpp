#pragma once

#include "app/command_line.hpp"
#include "mpi/communicator.hpp"

namespace winnow::app {

/// `winnow explain JOB | RUN --row N...`: every stored number of rows, and for each selection the
/// place of the pick or why there is none. `--sample N`: rows from the top, around the cut and from
/// the bottom of each selection, to read before training. As text, or as JSON (--json).
int explain_command(const mpi::Communicator& communicator, const CommandLine& line);

}  // namespace winnow::app
