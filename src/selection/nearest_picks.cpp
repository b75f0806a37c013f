#include "selection/nearest_picks.hpp"

#include <cmath>
#include <unordered_set>

#include "selection/nearest_rows.hpp"

namespace winnow::selection {

std::vector<NearestPick> nearest_picks(const ClusteredRows& rows, const Vectors& vectors,
                                       std::span<const double> centroids) {
  std::vector<NearestPick> picks;
  for (const NearRow& near : nearest_rows(rows.row, vectors, centroids))
    picks.push_back({near.squared_distance, near.row,
                     rows.row.empty() || rows.cost.empty() ? 1U : rows.cost[near.index]});
  return picks;
}

FirstPicks take_picks(std::span<const NearestPick> picks, std::uint64_t amount) {
  FirstPicks first;
  Selection& selection = first.selection;
  std::unordered_set<core::RowId> taken;
  for (const NearestPick& pick : picks) {
    if (std::isinf(pick.squared_distance) || !taken.insert(pick.row).second) continue;
    first.is_complete = pick.cost > amount - selection.spent;
    if (first.is_complete) return first;
    selection.row.push_back(pick.row);
    selection.spent += pick.cost;
  }
  first.is_complete = selection.spent == amount;
  return first;
}

OtherRows rows_without(const ClusteredRows& rows, std::span<const core::RowId> picked) {
  const std::unordered_set<core::RowId> taken(picked.begin(), picked.end());
  OtherRows others;
  for (std::size_t i = 0; i < rows.row.size(); ++i) {
    if (taken.contains(rows.row[i])) continue;
    others.row.push_back(rows.row[i]);
    if (!rows.cost.empty()) others.cost.push_back(rows.cost[i]);
    others.cluster.push_back(rows.cluster[i]);
    others.squared_distance.push_back(rows.squared_distance[i]);
  }
  return others;
}

Selection filled_up(Selection selection, const Selection& fill) {
  if (fill.row.empty()) return selection;
  selection.filled_from = selection.row.size();
  selection.row.insert(selection.row.end(), fill.row.begin(), fill.row.end());
  selection.spent += fill.spent;
  return selection;
}

}  // namespace winnow::selection
