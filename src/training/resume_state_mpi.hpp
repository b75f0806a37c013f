#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "mpi/communicator.hpp"
#include "training/optimizer_slice.hpp"

namespace winnow::training {

// What training needs to go on: a folder with optimizer.safetensors, in which `weights`,
// `first_moment` and `second_moment` are float32 [n] in the order of the flat weights whatever the
// number of ranks, and state.json with the hashes of these and of what decides the training.

/// Bytes that a resume state of `elements` weights takes on the disk, nearly.
[[nodiscard]] std::uint64_t resume_state_bytes(std::uint64_t elements);

/// Collective. Writes the folder aside and gives it its name. The same bytes for any number of
/// ranks.
/// @param made_from  root's; hash of all that decides the training
/// @throws core::EnvironmentError on all ranks
void write_resume_state(const mpi::Communicator& communicator, const OptimizerSlice& slice,
                        const std::filesystem::path& folder, const std::string& made_from);

/// Collective. This rank's slice.
/// @throws core::ModelError on all ranks, naming the file that is missing, damaged or of another
/// training
[[nodiscard]] RestoredSlice read_resume_state(const mpi::Communicator& communicator,
                                              const SlicePlace& place,
                                              const std::filesystem::path& folder,
                                              const std::string& made_from);

}  // namespace winnow::training
