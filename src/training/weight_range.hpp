#pragma once

#include <cstdint>

namespace winnow::training {

/// Elements [begin, begin + size) of the flat weights, and whether weight decay is for them.
struct WeightRange {
  std::int64_t begin = 0;
  std::int64_t size = 0;
  bool decays = false;
};

}  // namespace winnow::training
