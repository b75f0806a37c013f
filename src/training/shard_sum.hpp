#pragma once

#include <cstddef>
#include <vector>

#include "training/epoch_plan.hpp"

namespace winnow::training {

/// A sum of the gradients of the shards [begin, end): a node of the fixed binary tree over all of
/// them, so that the whole is ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) whoever adds what.
struct TreeNode {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const TreeNode&, const TreeNode&) = default;
};

/// The largest nodes that a range of shards can add up alone, in order.
[[nodiscard]] std::vector<TreeNode> largest_nodes(const ShardRange& range);

/// Whether two neighbours are the children of one node.
[[nodiscard]] bool are_siblings(const TreeNode& left, const TreeNode& right);

}  // namespace winnow::training
