#include "selection/overlap.hpp"

#include <algorithm>
#include <iterator>

namespace winnow::selection {
namespace {

/// Counts as it is written to.
struct Counter {
  using value_type = core::RowId;
  void push_back(const core::RowId&) { ++count; }
  std::uint64_t count = 0;
};

}  // namespace

Overlap overlap(std::span<const core::RowId> a, std::span<const core::RowId> b, std::uint64_t all) {
  Counter both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  const auto size_a = static_cast<double>(a.size());
  const auto size_b = static_cast<double>(b.size());
  const auto common = static_cast<double>(both.count);
  return {both.count, common / (size_a + size_b - common),
          size_a * size_b / static_cast<double>(all)};
}

}  // namespace winnow::selection
