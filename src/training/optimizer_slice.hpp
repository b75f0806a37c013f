#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace winnow::training {

/// What an optimizer keeps for each weight, in this order.
constexpr std::array<const char*, 3> kOptimizerParts = {"weights", "first_moment", "second_moment"};

/// Where this rank's slice stands among all weights.
struct SlicePlace {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::uint64_t elements = 0;  ///< of all ranks
};

/// What an optimizer keeps of this rank's slice, float32 on the CPU.
struct OptimizerSlice {
  std::uint64_t steps = 0;
  SlicePlace place;
  std::array<std::span<const float>, kOptimizerParts.size()> parts;  ///< [size] each
};

/// The same, to go on from.
struct RestoredSlice {
  std::uint64_t steps = 0;
  std::array<std::vector<float>, kOptimizerParts.size()> parts;  ///< [size] each
};

}  // namespace winnow::training
