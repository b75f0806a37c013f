#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "training/shard_sum.hpp"

namespace winnow::training {

/// Gradients of consecutive shards, added up in the caller's memory as far as the fixed tree over
/// all shards allows.
class GradientSum {
 public:
  /// Adds the sum of the next node's shards, as long as all others. It is added to that of the
  /// sibling where that is there; else its memory keeps the sum, and must stay.
  void add(const TreeNode& added, std::span<float> gradient);

  /// Sums of the largest nodes, in order.
  [[nodiscard]] const std::vector<std::pair<TreeNode, std::span<float>>>& nodes() const {
    return nodes_;
  }

 private:
  std::vector<std::pair<TreeNode, std::span<float>>> nodes_;
};

/// Elements whose squares are summed alone, in float64, before the sums are added in order: so the
/// norm's bits do not depend on who holds which elements.
constexpr std::size_t kNormBlock = 65'536;

/// The sums of squares of blocks of kNormBlock elements, the last one perhaps shorter.
[[nodiscard]] std::vector<double> square_sums(std::span<const float> values);

}  // namespace winnow::training
