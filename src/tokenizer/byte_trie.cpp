#include "tokenizer/byte_trie.hpp"

#include <algorithm>
#include <utility>

namespace winnow::tokenizer {
namespace {

/// Entries [begin, end) of the sorted list share their first `depth` bytes, which lead to a node.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t depth = 0;
};

}  // namespace

ByteTrie::ByteTrie(std::vector<Entry> entries) {
  std::ranges::stable_sort(entries, {}, &Entry::text);
  std::vector<Range> nodes = {{0, entries.size(), 0}};
  bytes_.push_back(0);
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    auto [begin, end, depth] = nodes[node];
    ids_.push_back(-1);
    first_child_.push_back(static_cast<std::uint32_t>(nodes.size()));
    for (; begin < end && entries[begin].text.size() == depth; ++begin)
      if (depth > 0) ids_.back() = entries[begin].id;
    while (begin < end) {
      const char byte = entries[begin].text[depth];
      std::size_t next = begin + 1;
      while (next < end && entries[next].text[depth] == byte) ++next;
      if (node == 0)
        root_children_[static_cast<unsigned char>(byte)] = static_cast<std::uint32_t>(nodes.size());
      nodes.push_back({begin, next, depth + 1});
      bytes_.push_back(static_cast<unsigned char>(byte));
      begin = next;
    }
  }
  first_child_.push_back(static_cast<std::uint32_t>(nodes.size()));
}

std::uint32_t ByteTrie::child_of(std::uint32_t node, unsigned char byte) const {
  if (node == 0) return root_children_[byte];
  const auto first = bytes_.begin() + first_child_[node];
  const auto last = bytes_.begin() + first_child_[node + 1];
  const auto found = std::lower_bound(first, last, byte);
  return found != last && *found == byte ? static_cast<std::uint32_t>(found - bytes_.begin()) : 0;
}

}  // namespace winnow::tokenizer
