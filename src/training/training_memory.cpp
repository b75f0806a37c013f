#include "training/training_memory.hpp"

#include <algorithm>
#include <cstddef>

#include "training/epoch_plan.hpp"
#include "training/shard_sum.hpp"

namespace winnow::training {

namespace {

/// Gradients that stand at one time: of the shard that is being formed, and sums that wait for it.
std::uint64_t most_waiting(const ShardRange& shards) {
  std::uint64_t most = 0;
  for (std::size_t end = shards.begin; end < shards.end; ++end)
    most = std::max<std::uint64_t>(most, largest_nodes({shards.begin, end}).size() + 1);
  return most;
}

}  // namespace

TrainingMemory training_memory(std::uint64_t trained, std::uint64_t frozen, std::uint64_t ranks,
                               bool deterministic) {
  const std::uint64_t each = sizeof(float) * trained;
  std::uint64_t buffers = 0, nodes = 0;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const ShardRange shards = shards_of(rank, ranks);
    buffers = std::max<std::uint64_t>(buffers, most_waiting(shards));
    nodes += largest_nodes(shards).size();
  }
  TrainingMemory memory;
  memory.weights = each + sizeof(float) * frozen;
  memory.gradients = deterministic ? each * buffers : each;
  memory.exchange = deterministic && ranks > 1 ? each * nodes / ranks : 0;
  memory.optimizer = 3 * (each + ranks - 1) / ranks;
  return memory;
}

}  // namespace winnow::training
