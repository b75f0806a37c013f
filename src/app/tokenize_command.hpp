#pragma once

#include "app/command_line.hpp"
#include "mpi/communicator.hpp"

namespace winnow::app {

/// `winnow tokenize MODEL FILE`: a JSON string per line in; out, a line each, a JSON array of token
/// ids, with --offsets {"ids": [..], "offsets": [[begin, end], ..]} in characters. --decode: an
/// array of ids per line in, a JSON string out. Without added special tokens.
/// @throws core::DataError naming file and line for a line of another kind.
int tokenize_command(const mpi::Communicator& communicator, const CommandLine& line);

}  // namespace winnow::app
