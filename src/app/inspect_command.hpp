#pragma once

#include "app/command_line.hpp"
#include "mpi/communicator.hpp"

namespace winnow::app {

/// `winnow inspect FILE.h5`: what stands in an index, score, selection or TF-IDF file: groups and
/// datasets with type, shape, attributes, and how often each status occurs.
int inspect_command(const mpi::Communicator& communicator, const CommandLine& line);

}  // namespace winnow::app
