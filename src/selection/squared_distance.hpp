#pragma once

#include <span>

namespace winnow::selection {

/// The squares of the elements' differences in float64, summed in sixteen parts (element i in part
/// i mod 16) that are then added up in order.
[[nodiscard]] double squared_distance(std::span<const float> row, std::span<const double> centroid);

}  // namespace winnow::selection
