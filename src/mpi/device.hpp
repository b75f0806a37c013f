#pragma once

#include <optional>

namespace winnow::mpi {

/// The CUDA device of a rank: the ranks of a machine take its devices in turn. nullopt where there
/// is none.
[[nodiscard]] constexpr std::optional<int> device_of(int node_rank, int device_count) {
  if (device_count <= 0) return std::nullopt;
  return node_rank % device_count;
}

}  // namespace winnow::mpi
