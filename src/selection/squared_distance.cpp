#include "selection/squared_distance.hpp"

#include <cstddef>

#include "core/vector_clones.hpp"

namespace winnow::selection {
namespace {

constexpr std::size_t kParts = 16;

WINNOW_VECTOR_CLONES double sum_of_squares(const float* row, const double* centroid,
                                           std::size_t count) {
  double parts[kParts] = {};
  std::size_t i = 0;
  for (; i + kParts <= count; i += kParts)
    for (std::size_t j = 0; j < kParts; ++j) {
      const double difference = static_cast<double>(row[i + j]) - centroid[i + j];
      parts[j] += difference * difference;
    }
  for (std::size_t j = 0; i + j < count; ++j) {
    const double difference = static_cast<double>(row[i + j]) - centroid[i + j];
    parts[j] += difference * difference;
  }
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

}  // namespace

double squared_distance(std::span<const float> row, std::span<const double> centroid) {
  return sum_of_squares(row.data(), centroid.data(), row.size());
}

}  // namespace winnow::selection
