#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace winnow::model {

/// What a model's weights take on the CPU, in bytes.
struct WeightMemory {
  std::uint64_t shared = 0;  ///< read where the files are mapped: once for all processes of a node
  std::uint64_t own = 0;     ///< of each process
};

/// Before anything is loaded: says that it cannot fit instead of being killed later.
/// @param processes  of this node that load the model
/// @param available  nullopt: unknown, and nothing is said
/// @throws core::EnvironmentError naming both amounts
void expect_memory(const WeightMemory& needed, int processes,
                   std::optional<std::uint64_t> available, const std::filesystem::path& folder);

}  // namespace winnow::model
