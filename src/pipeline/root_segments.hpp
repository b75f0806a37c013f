#pragma once

#include <filesystem>
#include <vector>

#include "mpi/communicator.hpp"

namespace winnow::pipeline {

/// Collective. A journal's segments as root lists them: over a network file system another rank may
/// not see them all yet.
[[nodiscard]] std::vector<std::filesystem::path> root_segments(
    const mpi::Communicator& communicator, const std::filesystem::path& folder);

}  // namespace winnow::pipeline
