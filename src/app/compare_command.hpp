#pragma once

#include "app/command_line.hpp"
#include "mpi/communicator.hpp"

namespace winnow::app {

/// `winnow compare RUN... | SELECTION...`: sizes, overlaps, lengths and n-grams of selections of
/// one data set, and the rank correlations of the runs' scores; as text, as JSON (--json), and as
/// comma-separated tables (--csv FILE).
int compare_command(const mpi::Communicator& communicator, const CommandLine& line);

}  // namespace winnow::app
