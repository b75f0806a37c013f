#include "selection/lazy_greedy.hpp"

#include <algorithm>
#include <utility>

namespace winnow::selection {
namespace {

bool is_later(const Bound& a, const Bound& b) { return b.position < a.position; }

}  // namespace

LazyGreedy::LazyGreedy(Objective& objective, std::span<Candidate> candidates,
                       std::vector<Bound> bounds)
    : objective_(objective), candidates_(candidates), heap_(std::move(bounds)) {
  std::make_heap(heap_.begin(), heap_.end(), is_later);
}

std::optional<Pick> LazyGreedy::best(const Position& end) {
  while (!heap_.empty() && heap_.front().position < end) {
    const Bound& top = heap_.front();
    const Candidate& candidate = candidates_[top.candidate];
    if (top.picks == objective_.picks()) {
      const Member& member = candidate.member[best_member(candidate.member, top.diversity)];
      return Pick{member.row, member.score * top.diversity, member.score, top.diversity,
                  member.cost};
    }
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    Bound& stale = heap_.back();
    stale.diversity = objective_.diversity(candidate);
    stale.position = position_of(candidate.member, stale.diversity);
    stale.picks = objective_.picks();
    std::push_heap(heap_.begin(), heap_.end(), is_later);
    ++evaluations_;
  }
  return std::nullopt;
}

void LazyGreedy::take() {
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  Bound& taken = heap_.back();
  Candidate& candidate = candidates_[taken.candidate];
  const auto chosen = candidate.member.begin() +
                      static_cast<std::ptrdiff_t>(best_member(candidate.member, taken.diversity));
  std::rotate(candidate.member.begin(), chosen, chosen + 1);
  candidate.member = candidate.member.subspan(1);
  objective_.cover(candidate.term);
  if (candidate.member.empty()) {
    heap_.pop_back();
    return;
  }
  taken.position = position_of(candidate.member, taken.diversity);
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

}  // namespace winnow::selection
