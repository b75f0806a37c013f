#include "million/virtual_ranks.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "core/checked_cast.hpp"
#include "mpi/communicator.hpp"
#include "selection/cut_mpi.hpp"
#include "selection/distinct_rows.hpp"
#include "selection/greedy_mpi.hpp"
#include "selection/lazy_greedy.hpp"
#include "selection/pick_list.hpp"

namespace winnow::bench {
namespace {

using namespace selection;

double ratio(std::uint64_t part, double whole) {
  return whole > 0 ? static_cast<double>(part) / whole : 0;
}

std::uint64_t largest(const std::vector<std::uint64_t>& counts) {
  return *std::max_element(counts.begin(), counts.end());
}

}  // namespace

Replay replay_rounds(const GreedyRows& rows, const GreedyRule& rule, std::uint64_t amount) {
  const mpi::Communicator self = mpi::Communicator::self();
  CountedCollectives collectives(self);
  Objective objective(rows.weighted.terms.size(), rule.decay);
  DistinctRows distinct = distinct_rows(rows, objective);
  const std::size_t count = distinct.candidate.size();
  std::vector<core::RowId> leader;
  std::vector<Bound> bound;
  for (std::size_t c = 0; c < count; ++c) {
    const auto members = distinct.candidate[c].member;
    leader.push_back(std::min_element(members.begin(), members.end(), [](auto& a, auto& b) {
                       return a.row < b.row;
                     })->row);
    bound.push_back({position_of(members, distinct.diversity[c]), distinct.diversity[c], 0,
                     core::checked_cast<std::uint32_t>(c)});
  }

  Replay replay;
  PickList picks(amount);
  const std::uint64_t pool_size = pool_size_for(count);
  std::vector<Position> position(count);
  const auto copy_positions = [&] {
    for (std::size_t c = 0; c < count; ++c) position[c] = bound[c].position;
  };
  copy_positions();
  std::uint64_t low = std::min_element(position.begin(), position.end())->key;
  while (!picks.is_full()) {
    const Cut cut =
        find_cut(collectives, position, {low, kNoGain - 1, 42}, pool_size, 2 * pool_size);
    if (cut.count == 0) break;
    std::vector<core::RowId>& refreshed = replay.refreshed.emplace_back();
    std::vector<Bound> pool;
    for (Bound& each : bound) {
      if (!(each.position < cut.end)) continue;
      if (each.picks != objective.picks()) {
        const Candidate& candidate = distinct.candidate[each.candidate];
        each.diversity = objective.diversity(candidate);
        each.position = position_of(candidate.member, each.diversity);
        each.picks = objective.picks();
        refreshed.push_back(leader[each.candidate]);
      }
      if (each.position < cut.end) pool.push_back(each);
    }
    copy_positions();
    if (pool.size() < cut.count && pool.size() < pool_size / 4 + 1) continue;
    LazyGreedy lazy(objective, distinct.candidate, std::move(pool));
    while (!picks.is_full()) {
      const std::optional<Pick> best = lazy.best(cut.end);
      if (!best) break;
      if (!picks.add(*best)) continue;
      lazy.take();
      replay.picks.push_back(best->row);
    }
    for (const Bound& each : lazy.bounds()) bound[each.candidate] = each;
    for (Bound& each : bound)
      if (distinct.candidate[each.candidate].member.empty()) each.position = kNowhere;
    copy_positions();
    low = cut.end.key;
    ++replay.rounds;
  }
  return replay;
}

LazyWork count_lazy_work(const GreedyRows& rows, const GreedyRule& rule, std::uint64_t amount) {
  Objective objective(rows.weighted.terms.size(), rule.decay);
  DistinctRows distinct = distinct_rows(rows, objective);
  std::vector<Bound> bounds;
  for (std::uint32_t c = 0; c < distinct.candidate.size(); ++c)
    bounds.push_back({position_of(distinct.candidate[c].member, distinct.diversity[c]),
                      distinct.diversity[c], 0, c});
  LazyGreedy lazy(objective, distinct.candidate, std::move(bounds));
  PickList picks(amount);
  while (!picks.is_full()) {
    const std::optional<Pick> best = lazy.best({kNoGain, 0});
    if (!best) break;
    if (picks.add(*best)) lazy.take();
  }
  return {distinct.candidate.size(), lazy.evaluations()};
}

VirtualLoad load_of(const Replay& replay, const tfidf::InvertedTerms& terms, std::uint64_t ranks) {
  VirtualLoad load{.ranks = ranks};
  const std::uint64_t rows = terms.documents;
  std::vector<std::uint64_t> all(ranks, 0);
  std::uint64_t critical = 0;
  for (const auto& pass : replay.refreshed) {
    std::vector<std::uint64_t> own(ranks, 0);
    for (const core::RowId row : pass) ++own[core::owner_of(rows, ranks, row)];
    for (std::uint64_t r = 0; r < ranks; ++r) all[r] += own[r];
    critical += largest(own);
  }
  const std::uint64_t refreshes = std::accumulate(all.begin(), all.end(), std::uint64_t{0});
  const double mean = static_cast<double>(refreshes) / static_cast<double>(ranks);
  load.largest_refreshes = largest(all);
  load.refresh_imbalance = ratio(load.largest_refreshes, mean);
  load.refresh_critical = ratio(critical, mean);

  std::vector<std::uint64_t> sent(ranks, 0);
  std::vector<std::uint64_t> owned(ranks, 0);
  std::vector<std::uint32_t> rank_of;
  for (std::uint64_t row = 0; row < rows; ++row)
    rank_of.push_back(core::checked_cast<std::uint32_t>(core::owner_of(rows, ranks, row)));
  auto posting = terms.postings.begin();
  for (const tfidf::TermFrequency& term : terms.frequencies) {
    std::uint64_t senders = 0;
    std::uint64_t last = ranks;
    for (std::uint32_t d = 0; d < term.documents; ++d, ++posting) {
      const std::uint64_t rank = rank_of[posting->document];
      if (rank == last) continue;
      last = rank;
      ++sent[rank];
      ++senders;
    }
    owned[((term.hash >> 32) * ranks) >> 32] += senders;
  }
  load.keys = std::accumulate(sent.begin(), sent.end(), std::uint64_t{0});
  load.largest_sent = largest(sent);
  load.largest_owned = largest(owned);
  return load;
}

}  // namespace winnow::bench
