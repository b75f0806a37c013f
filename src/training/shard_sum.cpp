#include "training/shard_sum.hpp"

namespace winnow::training {

bool are_siblings(const TreeNode& left, const TreeNode& right) {
  const std::size_t size = left.end - left.begin;
  return left.end == right.begin && right.end - right.begin == size && left.begin % (2 * size) == 0;
}

std::vector<TreeNode> largest_nodes(const ShardRange& range) {
  std::vector<TreeNode> nodes;
  for (std::size_t shard = range.begin; shard < range.end; ++shard) {
    nodes.push_back({shard, shard + 1});
    while (nodes.size() > 1 && are_siblings(nodes[nodes.size() - 2], nodes.back())) {
      nodes[nodes.size() - 2].end = nodes.back().end;
      nodes.pop_back();
    }
  }
  return nodes;
}

}  // namespace winnow::training
