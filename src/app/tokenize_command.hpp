#pragma once

#include "app/command_line.hpp"
#include "mpi/communicator.hpp"

namespace winnow::app {

/// `winnow tokenize MODEL FILE`: a JSON string per line in, a JSON array of token ids per line out,
/// without added special tokens.
int tokenize_command(const mpi::Communicator& communicator, const CommandLine& line);

}  // namespace winnow::app
