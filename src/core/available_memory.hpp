#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace winnow::core {

/// Bytes that this process can still take before the kernel kills something: what the machine has
/// left and what the limits of its control groups (version 1 or 2; Slurm's, a container's) leave,
/// whichever is less. Cached files count as free. nullopt where nothing says so.
/// @param root  where /proc and /sys stand
[[nodiscard]] std::optional<std::uint64_t> available_memory(
    const std::filesystem::path& root = "/");

}  // namespace winnow::core
