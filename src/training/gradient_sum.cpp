#include "training/gradient_sum.hpp"

#include <algorithm>

#include "core/vector_clones.hpp"

namespace winnow::training {
namespace {

WINNOW_VECTOR_CLONES void add_to(float* sum, const float* other, std::size_t size) {
#pragma omp simd
  for (std::size_t i = 0; i < size; ++i) sum[i] += other[i];
}

/// By kLanes sums side by side, which are added in order: the same bits for every instruction set.
WINNOW_VECTOR_CLONES double squares(const float* values, std::size_t size) {
  constexpr std::size_t kLanes = 16;
  double lanes[kLanes] = {};
  const std::size_t whole = size / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
#pragma omp simd
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto value = static_cast<double>(values[i + lane]);
      lanes[lane] += value * value;
    }
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  for (std::size_t i = whole; i < size; ++i) {
    const auto value = static_cast<double>(values[i]);
    sum += value * value;
  }
  return sum;
}

}  // namespace

void GradientSum::add(const TreeNode& added, std::span<float> gradient) {
  nodes_.emplace_back(added, gradient);
  while (nodes_.size() > 1 && are_siblings(nodes_[nodes_.size() - 2].first, nodes_.back().first)) {
    const auto& [node_added, values] = nodes_.back();
    auto& [node, sum] = nodes_[nodes_.size() - 2];
    add_to(sum.data(), values.data(), sum.size());
    node.end = node_added.end;
    nodes_.pop_back();
  }
}

std::vector<double> square_sums(std::span<const float> values) {
  std::vector<double> sums;
  for (std::size_t begin = 0; begin < values.size(); begin += kNormBlock)
    sums.push_back(squares(values.data() + begin, std::min(kNormBlock, values.size() - begin)));
  return sums;
}

}  // namespace winnow::training
