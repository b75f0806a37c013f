#include "training/training_memory.hpp"

#include <algorithm>
#include <bit>

#include "training/epoch_plan.hpp"

namespace winnow::training {

TrainingMemory training_memory(std::uint64_t trained, std::uint64_t frozen, std::uint64_t ranks) {
  const std::uint64_t each = sizeof(float) * trained;
  const std::uint64_t shards = std::max<std::uint64_t>(1, kShards / ranks);
  // Of 2^k shards that are added in order, at most k nodes of the tree wait.
  const std::uint64_t waiting = std::max<std::uint64_t>(1, std::bit_width(shards) - 1);
  TrainingMemory memory;
  memory.weights = each + sizeof(float) * frozen;
  memory.gradients = each * (1 + waiting);
  memory.exchange = ranks == 1 ? 0 : each;
  memory.optimizer = 3 * (each + ranks - 1) / ranks;
  return memory;
}

}  // namespace winnow::training
