#pragma once

#include "app/command_line.hpp"
#include "mpi/communicator.hpp"

namespace winnow::app {

/// `winnow export JOB|RUN_FOLDER --to TOOL`: what was selected, for those who train elsewhere.
int export_command(const mpi::Communicator& communicator, const CommandLine& line);

}  // namespace winnow::app
