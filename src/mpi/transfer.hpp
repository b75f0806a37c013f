#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mpi/communicator.hpp"

// How long messages are cut: MPI counts are ints.

namespace winnow::mpi {

constexpr std::uint64_t kMessageLimit = std::uint64_t{1} << 30;

/// Collective. `bytes` of `root` reach everyone's `bytes`, which has the same length on all ranks.
void broadcast_in_pieces(const Communicator& communicator, std::span<std::byte> bytes, int root,
                         std::uint64_t limit = kMessageLimit);

/// Sends `outgoing[r]` to rank r and receives `incoming[r]` from it; both [size], lengths agreed
/// beforehand. An empty one costs nothing.
void transfer(const Communicator& communicator,
              const std::vector<std::span<const std::byte>>& outgoing,
              const std::vector<std::span<std::byte>>& incoming,
              std::uint64_t limit = kMessageLimit);

}  // namespace winnow::mpi
