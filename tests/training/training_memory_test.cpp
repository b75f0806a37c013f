#include "training/training_memory.hpp"

#include <gtest/gtest.h>

namespace winnow::training {
namespace {

// Eight shards, summed as ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). Three ranks have 0 to 1, 2 to
// 4 and 5 to 7: the second sends (2 + 3) and 4, the third 5 and (6 + 7), and while 7 is formed 5
// and 6 wait.
TEST(TrainingMemory, CountsTheGradientsThatStandAtOneTime) {
  constexpr std::uint64_t kTrained = 3000, kBytes = 4 * kTrained;
  struct Expected {
    std::uint64_t ranks, buffers, nodes;
  };
  for (const auto& [ranks, buffers, nodes] :
       {Expected{1, 4, 0}, Expected{2, 3, 2}, Expected{3, 3, 5}, Expected{4, 2, 4},
        Expected{5, 2, 6}, Expected{8, 1, 8}, Expected{16, 1, 8}}) {
    const TrainingMemory memory = training_memory(kTrained, 0, ranks, true);
    EXPECT_EQ(memory.gradients, buffers * kBytes) << ranks;
    EXPECT_EQ(memory.exchange, nodes * kBytes / ranks) << ranks;
    const TrainingMemory overlapped = training_memory(kTrained, 0, ranks, false);
    EXPECT_EQ(overlapped.gradients, kBytes) << ranks;
    EXPECT_EQ(overlapped.exchange, 0) << ranks;
    EXPECT_EQ(overlapped.optimizer, memory.optimizer) << ranks;
  }
}

}  // namespace
}  // namespace winnow::training
