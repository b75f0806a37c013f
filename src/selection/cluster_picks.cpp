#include "selection/cluster_picks.hpp"

#include <algorithm>
#include <numeric>

#include "selection/nearest_picks.hpp"
#include "selection/take.hpp"

namespace winnow::selection {

std::vector<std::uint64_t> round_robin_keys(const ClusteredRows& rows) {
  std::vector<std::size_t> order(rows.row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (rows.cluster[a] != rows.cluster[b]) return rows.cluster[a] < rows.cluster[b];
    if (rows.squared_distance[a] != rows.squared_distance[b])
      return rows.squared_distance[a] < rows.squared_distance[b];
    return rows.row[a] < rows.row[b];
  });
  std::vector<std::uint64_t> keys(order.size());
  std::uint64_t round = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t cluster = rows.cluster[order[i]];
    round = i > 0 && rows.cluster[order[i - 1]] == cluster ? round + 1 : 0;
    keys[order[i]] = round << 32U | cluster;
  }
  return keys;
}

Selection per_cluster(const ClusteredRows& rows, std::uint64_t amount) {
  const Taken taken = take({rows.row, round_robin_keys(rows), rows.cost}, amount);
  Selection selection;
  selection.spent = taken.spent;
  for (const std::size_t i : taken.index) selection.row.push_back(rows.row[i]);
  return selection;
}

Selection nearest_to_centroids(const ClusteredRows& rows, const Vectors& vectors,
                               std::span<const double> centroids, std::uint64_t amount) {
  FirstPicks first = take_picks(nearest_picks(rows, vectors, centroids), amount);
  if (first.is_complete) return std::move(first.selection);
  const OtherRows others = rows_without(rows, first.selection.row);
  const Selection fill = per_cluster(others.columns(), amount - first.selection.spent);
  return filled_up(std::move(first.selection), fill);
}

}  // namespace winnow::selection
