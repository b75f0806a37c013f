#include "selection/k_center_mpi.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "mpi/collectives.hpp"
#include "selection/center_pool.hpp"
#include "selection/center_share.hpp"
#include "selection/counted_mpi.hpp"
#include "selection/cut_mpi.hpp"
#include "selection/ranking.hpp"
#include "selection/take_mpi.hpp"

namespace winnow::selection {
namespace {

/// A cut's first pass resolves distances from 4 down to 1/4 to a thousandth.
constexpr CutRange kDistances{order_key(4, Direction::descending), kNowhere.key, 42};

/// The candidates of all ranks, and which of them are this rank's.
struct Pool {
  std::vector<CenterCandidate> row;
  std::vector<float> vectors;
  std::size_t first_own = 0;
};

Pool gather(const mpi::Communicator& communicator, const CenterCandidates& own) {
  auto [row, counts] = mpi::all_gather(communicator, std::span<const CenterCandidate>(own.row));
  Pool pool{std::move(row),
            mpi::all_gather(communicator, std::span<const float>(own.vectors)).values, 0};
  for (std::size_t rank = 0; rank < static_cast<std::size_t>(communicator.rank()); ++rank)
    pool.first_own += counts[rank];
  return pool;
}

struct OwnPool {
  Position end;
  std::vector<std::size_t> index;
};

Position end_of_first(std::uint64_t count, CountedCollectives& collectives,
                      const CenterShare& share) {
  return find_cut(collectives, share.positions(), kDistances, count / 2, count).end;
}

OwnPool next_pool(CountedCollectives& collectives, CenterShare& share) {
  for (std::uint64_t reach = 2 * kCenterPool;; reach *= 2) {
    const Position end = end_of_first(kCenterPool, collectives, share);
    const std::size_t stale = share.catch_up(end);
    std::vector<std::size_t> index = share.before(end);
    std::array<std::uint64_t, 2> counts{stale, index.size()};
    collectives.sum_in_place(counts);
    if (counts[0] == 0 || counts[1] >= kFewestInPool) return {end, std::move(index)};
    share.catch_up(end_of_first(reach, collectives, share));
  }
}

/// The index of the row that comes first in the random order, on its rank; none on the others.
std::vector<std::size_t> first_pick(CountedCollectives& collectives, const CostedVectors& rows,
                                    std::uint64_t seed) {
  const std::vector<std::uint64_t> keys = random_keys(rows.row, seed);
  const TakenEverywhere first = take_mpi(collectives, {rows.row, keys, {}}, 1);
  std::vector<std::size_t> index;
  for (const Position& position : first.position) {
    const auto place = std::ranges::find(rows.row, position.row);
    if (place != rows.row.end())
      index.push_back(static_cast<std::size_t>(place - rows.row.begin()));
  }
  return index;
}

}  // namespace

Selection k_center_mpi(const mpi::Communicator& communicator, const CostedVectors& rows,
                       std::uint64_t seed, std::uint64_t amount) {
  if (communicator.size() == 1) return k_center(rows, seed, amount);
  CountedCollectives collectives(communicator);
  CenterShare share(rows, amount);
  CenterList list(amount);
  OwnPool own{kNowhere, first_pick(collectives, rows, seed)};
  for (;;) {
    const Pool pool = gather(communicator, share.candidates(own.index));
    const Vectors vectors{pool.vectors, rows.vectors.dimension};
    const std::vector<std::size_t> places = pick_from_pool(pool.row, vectors, own.end, list);
    if (places.empty() || list.is_full()) break;
    std::vector<float> picks;
    std::vector<std::size_t> own_picks;
    for (const std::size_t place : places) {
      picks.insert(picks.end(), vectors[place].begin(), vectors[place].end());
      if (place >= pool.first_own && place < pool.first_own + own.index.size())
        own_picks.push_back(own.index[place - pool.first_own]);
    }
    share.take(own_picks);
    share.add({picks, rows.vectors.dimension});
    own = next_pool(collectives, share);
  }
  if (!list.is_full()) {
    const RowsInOrder copies = share.rest();
    const TakenEverywhere taken = take_mpi(collectives, copies.view(), list.left());
    for (std::size_t i = 0; i < taken.position.size(); ++i)
      list.add(taken.position[i].row, taken.cost[i], 0);
  }
  return std::move(list).finish();
}

}  // namespace winnow::selection
