#include "training/gradient_sum.hpp"

#include <algorithm>

#include "core/vector_clones.hpp"

namespace winnow::training {
namespace {

WINNOW_VECTOR_CLONES void add_to(float* sum, const float* other, std::size_t size) {
#pragma omp simd
  for (std::size_t i = 0; i < size; ++i) sum[i] += other[i];
}

}  // namespace

void GradientSum::add(const TreeNode& added, std::span<const float> gradient) {
  if (!nodes_.empty() && are_siblings(nodes_.back().first, added)) {
    add_to(nodes_.back().second.data(), gradient.data(), gradient.size());
    nodes_.back().first.end = added.end;
  } else {
    nodes_.emplace_back(added, std::vector<float>(gradient.begin(), gradient.end()));
  }
  while (nodes_.size() > 1 && are_siblings(nodes_[nodes_.size() - 2].first, nodes_.back().first)) {
    auto& [node, sum] = nodes_[nodes_.size() - 2];
    add_to(sum.data(), nodes_.back().second.data(), sum.size());
    node.end = nodes_.back().first.end;
    nodes_.pop_back();
  }
}

std::vector<double> square_sums(std::span<const float> values) {
  std::vector<double> sums;
  for (std::size_t begin = 0; begin < values.size(); begin += kNormBlock) {
    double sum = 0;
    for (const float value : values.subspan(begin, std::min(kNormBlock, values.size() - begin)))
      sum += static_cast<double>(value) * static_cast<double>(value);
    sums.push_back(sum);
  }
  return sums;
}

}  // namespace winnow::training
