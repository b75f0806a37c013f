#include "selection/k_center.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "selection/center_pool.hpp"
#include "selection/center_share.hpp"
#include "selection/ranking.hpp"
#include "selection/take.hpp"

namespace winnow::selection {
namespace {

/// The first position that is not in the next pool.
Position end_of_pool(std::vector<Position> positions) {
  if (positions.size() <= kCenterPool) return kNowhere;
  const auto end = positions.begin() + kCenterPool;
  std::ranges::nth_element(positions, end);
  return *end;
}

}  // namespace

Selection k_center(const CostedVectors& rows, std::uint64_t seed, std::uint64_t amount) {
  CenterShare share(rows);
  CenterList list(amount);
  std::vector<std::size_t> pool = take({rows.row, random_keys(rows.row, seed), {}}, 1).index;
  Position end = kNowhere;
  for (;;) {
    const CenterCandidates candidates = share.candidates(pool);
    const std::vector<std::size_t> places =
        pick_from_pool(candidates.row, {candidates.vectors, rows.vectors.dimension}, end, list);
    if (places.empty() || list.is_full()) break;
    std::vector<std::size_t> picks;
    for (const std::size_t place : places) picks.push_back(pool[place]);
    share.take(picks);
    share.add({share.candidates(picks).vectors, rows.vectors.dimension});
    end = end_of_pool(share.positions(share.before(kNowhere)));
    pool = share.before(end);
  }
  if (!list.is_full()) {
    const RowsInOrder copies = share.rest();
    for (const std::size_t i : take(copies.view(), list.left()).index)
      list.add(copies.row[i], copies.cost.empty() ? 1 : copies.cost[i], 0);
  }
  return std::move(list).finish();
}

}  // namespace winnow::selection
