#include "selection/pool_order.hpp"

#include <algorithm>
#include <cmath>

namespace winnow::selection {

std::vector<core::RowId> order_behind_selection(std::span<const core::RowId> order,
                                                std::size_t pool,
                                                std::span<const core::RowId> picks,
                                                std::span<const double> score, bool faithful) {
  std::vector<bool> is_taken(score.size());
  std::vector<core::RowId> next;
  for (const core::RowId row : picks) {
    if (!is_taken[row]) next.push_back(row);
    is_taken[row] = true;
  }
  const std::span<const core::RowId> ordered = order.first(faithful ? pool : order.size());
  std::vector<core::RowId> below, others;
  for (const core::RowId row : ordered) {
    if (is_taken[row] || std::isnan(score[row])) continue;
    (score[row] < 1 ? below : others).push_back(row);
  }
  const auto by_score = [&](bool highest_first) {
    return [&, highest_first](core::RowId a, core::RowId b) {
      if (score[a] != score[b]) return (score[a] > score[b]) == highest_first;
      return !faithful && a < b;
    };
  };
  std::ranges::stable_sort(below, by_score(true));
  if (!faithful) std::ranges::stable_sort(others, by_score(false));
  const auto append = [&](std::span<const core::RowId> rows) {
    next.insert(next.end(), rows.begin(), rows.end());
  };
  append(faithful ? others : below);
  append(faithful ? below : others);
  append(order.subspan(ordered.size()));
  return next;
}

}  // namespace winnow::selection
