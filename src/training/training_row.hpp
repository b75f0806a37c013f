#pragma once

#include <cstdint>
#include <vector>

namespace winnow::training {

/// A row as the model is trained on it: tokens [first_target, ids.size()) are learnt from those
/// before them. 1 <= first_target < ids.size().
struct TrainingRow {
  std::uint64_t row = 0;  ///< of the data set; seeds its noise
  std::vector<std::int32_t> ids;
  std::uint32_t first_target = 1;
  [[nodiscard]] std::uint32_t targets() const {
    return static_cast<std::uint32_t>(ids.size()) - first_target;
  }
};

}  // namespace winnow::training
