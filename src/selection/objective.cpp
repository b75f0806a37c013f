#include "selection/objective.hpp"

#include <algorithm>
#include <array>

namespace winnow::selection {
namespace {

/// base + part(0) + part(1) + ... Four sums hide the latency of the additions. The order is part of
/// the definition of a gain.
template <class Part>
double sum_of_parts(double base, std::size_t count, const Part& part) {
  constexpr std::size_t kLanes = 4;
  std::array<double, kLanes> sum{base, 0.0, 0.0, 0.0};
  const std::size_t whole = count - count % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sum[lane] += part(i + lane);
  for (std::size_t i = whole; i < count; ++i) sum[i - whole] += part(i);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace

double Objective::diversity(const Candidate& candidate) const {
  const double* const weight = candidate.weight.data();
  const std::uint32_t* const term = candidate.term.data();
  const std::size_t count = candidate.term.size();
  // Before the first pick every weight is whole; not looking that up halves the time of the first
  // evaluations.
  if (picks_ == 0)
    return sum_of_parts(candidate.base, count, [&](std::size_t i) { return weight[i]; });
  return sum_of_parts(candidate.base, count,
                      [&](std::size_t i) { return weight[i] * remaining_[term[i]]; });
}

void Objective::cover(std::span<const std::uint32_t> term) {
  for (const std::uint32_t each : term) remaining_[each] *= decay_;
  ++picks_;
}

std::size_t best_member(std::span<const Member> members, double diversity) {
  // Different scores can give one gain by rounding: then a later member with a lower row id wins.
  const double gain = members.front().score * diversity;
  std::size_t best = 0;
  for (std::size_t i = 1; i < members.size();) {
    if (members[i].score * diversity < gain) break;
    if (members[i].row < members[best].row) best = i;
    // Equal scores stand in row order, so only the first of them can win.
    const double score = members[i].score;
    i = static_cast<std::size_t>(
        std::partition_point(members.begin() + static_cast<std::ptrdiff_t>(i), members.end(),
                             [&](const Member& other) { return other.score == score; }) -
        members.begin());
  }
  return best;
}

Position position_of(std::span<const Member> members, double diversity) {
  const Member& best = members[best_member(members, diversity)];
  return {order_key(best.score * diversity, Direction::descending), best.row};
}

}  // namespace winnow::selection
