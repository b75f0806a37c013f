#include "scoring/batch_plan.hpp"

#include <algorithm>

#include "core/checked_cast.hpp"

namespace winnow::scoring {

std::vector<std::vector<std::uint32_t>> plan_batches(std::span<const std::uint32_t> lengths,
                                                     std::uint32_t budget) {
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (lengths[i] > 0) order.push_back(core::checked_cast<std::uint32_t>(i));
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return lengths[a] > lengths[b]; });

  std::vector<std::vector<std::uint32_t>> batches;
  std::uint64_t tokens = 0;
  for (const std::uint32_t segment : order) {
    if (batches.empty() || tokens + lengths[segment] > budget) {
      batches.emplace_back();
      tokens = 0;
    }
    batches.back().push_back(segment);
    tokens += lengths[segment];
  }
  return batches;
}

}  // namespace winnow::scoring
