#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "training/shard_sum.hpp"

namespace winnow::training {

/// Gradients of consecutive shards, added up as far as the fixed tree over all shards allows.
class GradientSum {
 public:
  /// Adds the sum of the next node's shards. `gradient` has the same length each time.
  void add(const TreeNode& added, std::span<const float> gradient);

  /// Sums of the largest nodes, in order.
  [[nodiscard]] const std::vector<std::pair<TreeNode, std::vector<float>>>& nodes() const {
    return nodes_;
  }
  void clear() { nodes_.clear(); }
  /// The sum where it is one node; nothing is left.
  [[nodiscard]] std::vector<float> take_whole() {
    core::check(nodes_.size() == 1, "the shards that were added are one node");
    std::vector<float> whole = std::move(nodes_.front().second);
    nodes_.clear();
    return whole;
  }

 private:
  std::vector<std::pair<TreeNode, std::vector<float>>> nodes_;
};

/// Elements whose squares are summed alone, in float64, before the sums are added in order: so the
/// norm's bits do not depend on who holds which elements.
constexpr std::size_t kNormBlock = 65'536;

/// The sums of squares of blocks of kNormBlock elements, the last one perhaps shorter.
[[nodiscard]] std::vector<double> square_sums(std::span<const float> values);

}  // namespace winnow::training
