#pragma once

#include <cstdint>

namespace winnow::training {

/// Bytes that training needs on one rank, by what for; activations come on top.
struct TrainingMemory {
  std::uint64_t weights = 0;  ///< float32, trained and frozen ones
  std::uint64_t gradients =
      0;                       ///< that stand at one time: with the fixed tree its waiting sums too
  std::uint64_t exchange = 0;  ///< gradients on their way between the ranks
  std::uint64_t optimizer = 0;  ///< this rank's slice of float32 weights and two moments
  [[nodiscard]] std::uint64_t all() const { return weights + gradients + exchange + optimizer; }
};

/// @param ranks  of which each keeps its part of the optimizer's state (ZeRO, stage 1)
/// @param deterministic  TrainingOptions::deterministic
[[nodiscard]] TrainingMemory training_memory(std::uint64_t trained, std::uint64_t frozen,
                                             std::uint64_t ranks, bool deterministic);

}  // namespace winnow::training
