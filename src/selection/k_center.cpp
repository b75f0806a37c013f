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

/// The position behind the first `count`.
Position end_of_first(std::size_t count, std::vector<Position> positions) {
  if (positions.size() <= count) return kNowhere;
  const auto end = positions.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::nth_element(positions, end);
  return *end;
}

struct Pool {
  Position end;
  std::vector<std::size_t> index;
};

Pool next_pool(CenterShare& share) {
  for (std::size_t reach = 2 * kCenterPool;; reach *= 2) {
    const Position end = end_of_first(kCenterPool, share.positions());
    const std::size_t stale = share.catch_up(end);
    std::vector<std::size_t> index = share.before(end);
    if (stale == 0 || index.size() >= kFewestInPool) return {end, std::move(index)};
    share.catch_up(end_of_first(reach, share.positions()));
  }
}

}  // namespace

Selection k_center(const CostedVectors& rows, std::uint64_t seed, std::uint64_t amount) {
  CenterShare share(rows, amount);
  CenterList list(amount);
  Pool pool{kNowhere, take({rows.row, random_keys(rows.row, seed), {}}, 1).index};
  for (;;) {
    const CenterCandidates candidates = share.candidates(pool.index);
    const std::vector<std::size_t> places = pick_from_pool(
        candidates.row, {candidates.vectors, rows.vectors.dimension}, pool.end, list);
    if (places.empty() || list.is_full()) break;
    std::vector<std::size_t> picks;
    for (const std::size_t place : places) picks.push_back(pool.index[place]);
    share.take(picks);
    share.add({share.candidates(picks).vectors, rows.vectors.dimension});
    pool = next_pool(share);
  }
  if (!list.is_full()) {
    const RowsInOrder copies = share.rest();
    for (const std::size_t i : take(copies.view(), list.left()).index)
      list.add(copies.row[i], copies.cost.empty() ? 1 : copies.cost[i], 0);
  }
  return std::move(list).finish();
}

}  // namespace winnow::selection
