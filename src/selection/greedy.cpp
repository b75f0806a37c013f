#include "selection/greedy.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/checked_cast.hpp"
#include "selection/distinct_rows.hpp"
#include "selection/lazy_greedy.hpp"
#include "selection/pick_list.hpp"
#include "selection/take.hpp"

namespace winnow::selection {
namespace {

std::vector<Bound> first_bounds(const DistinctRows& distinct) {
  std::vector<Bound> bounds;
  bounds.reserve(distinct.candidate.size());
  for (std::size_t c = 0; c < distinct.candidate.size(); ++c) {
    const double diversity = distinct.diversity[c];
    bounds.push_back({position_of(distinct.candidate[c].member, diversity), diversity, 0,
                      core::checked_cast<std::uint32_t>(c)});
  }
  return bounds;
}

/// The rows left, by score descending, then row id.
void fill_by_score(const std::vector<Candidate>& candidates, const Objective& objective,
                   PickList& picks) {
  std::vector<core::RowId> row;
  std::vector<std::uint64_t> key;
  std::vector<std::uint32_t> cost;
  std::vector<Pick> pick;
  for (const Candidate& candidate : candidates) {
    if (candidate.member.empty()) continue;
    const double diversity = objective.diversity(candidate);
    for (const Member& member : candidate.member) {
      row.push_back(member.row);
      key.push_back(order_key(member.score, Direction::descending));
      cost.push_back(core::checked_cast<std::uint32_t>(member.cost));
      pick.push_back({member.row, member.score * diversity, member.score, diversity, member.cost});
    }
  }
  for (const std::size_t i : take({row, key, cost}, picks.left()).index) picks.add(pick[i]);
}

/// The published loop: with all gains 0, argmax is the first candidate, again and again.
void repeat_first(const GreedyRows& rows, PickList& picks) {
  if (rows.row.empty()) return;
  const Member first = member_of(rows, 0);
  while (first.cost > 0 && picks.add({first.row, 0.0, first.score, 0.0, first.cost})) {
  }
}

}  // namespace

Selection greedy(const GreedyRows& rows, const GreedyRule& rule, std::uint64_t amount) {
  check_greedy_input(rows, rule);
  Objective objective(rows.weighted.terms.size(), rule.decay);
  DistinctRows distinct = distinct_rows(rows, objective);
  LazyGreedy lazy(objective, distinct.candidate, first_bounds(distinct));
  PickList picks(amount);
  while (!picks.is_full()) {
    const std::optional<Pick> best = lazy.best({kNoGain, 0});
    if (!best) break;
    if (picks.add(*best)) lazy.take();
  }
  if (!picks.is_full()) {
    picks.mark_filled();
    if (rule.repeat_first_at_zero) {
      repeat_first(rows, picks);
    } else {
      fill_by_score(distinct.candidate, objective, picks);
    }
  }
  return std::move(picks).finish();
}

}  // namespace winnow::selection
