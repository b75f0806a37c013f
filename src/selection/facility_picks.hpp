#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/facility_location.hpp"
#include "selection/gain_queue.hpp"
#include "selection/selection.hpp"

namespace winnow::selection {

/// Rows in the order in which equal gains are picked, the last one first: their places are the
/// candidates' numbers.
struct FacilityCandidates {
  std::vector<core::RowId> row;
  std::vector<std::uint32_t> cost;    ///< empty: every row costs 1
  std::vector<std::uint32_t> number;  ///< of each row given
};

[[nodiscard]] FacilityCandidates number_candidates(const FacilityRows& rows, FacilityTies ties);

/// The picking itself. `Gains` finds present gains, in units of 2^-kSimilarityBits:
///   std::vector<std::uint64_t> of_all();
///   std::vector<std::uint64_t> of(std::span<const std::uint32_t> candidates);
///   bool is_known(std::uint32_t candidate);  // whose gain is found at little cost
///   void cover(std::uint32_t candidate);      // it is picked
template <class Gains>
[[nodiscard]] Selection pick_facilities(const FacilityCandidates& candidates, FacilityTies ties,
                                        std::uint64_t amount, Gains& gains) {
  Selection selection;
  selection.gain.emplace();
  if (candidates.row.empty() || amount == 0) return selection;
  GainQueue queue(ties, gains.of_all());
  while (selection.spent < amount && !queue.is_empty()) {
    // All together cost at most half of one after the other, and less the fewer covers changed.
    const std::size_t few = candidates.row.size() / 16;
    std::size_t in_vain = 0;
    for (auto wanted = queue.wanted(); !wanted.empty(); wanted = queue.wanted()) {
      if (in_vain > few) {
        queue.tell_all(gains.of_all());
      } else {
        queue.tell(wanted, gains.of(wanted));
        in_vain += static_cast<std::size_t>(
            std::ranges::count_if(wanted, [&](std::uint32_t c) { return !gains.is_known(c); }));
      }
    }
    const GainQueue::Pick pick = queue.next();
    const std::uint64_t cost = candidates.cost.empty() ? 1 : candidates.cost[pick.candidate];
    if (cost > amount - selection.spent) break;
    if (pick.gain == 0 && !selection.filled_from) selection.filled_from = selection.row.size();
    selection.row.push_back(candidates.row[pick.candidate]);
    selection.gain->push_back(std::ldexp(static_cast<double>(pick.gain), -kSimilarityBits));
    selection.spent += cost;
    if (selection.spent < amount) gains.cover(pick.candidate);
  }
  return selection;
}

}  // namespace winnow::selection
