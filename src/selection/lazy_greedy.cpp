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
    Bound& top = heap_.front();
    const Candidate& candidate = candidates_[top.candidate];
    if (top.picks == objective_.picks()) {
      const Member& member = candidate.member[best_member(candidate.member, top.diversity)];
      return Pick{member.row, member.score * top.diversity, member.score, top.diversity,
                  member.cost};
    }
    top.diversity = objective_.diversity(candidate);
    top.position = position_of(candidate.member, top.diversity);
    top.picks = objective_.picks();
    settle_top();
    ++evaluations_;
  }
  return std::nullopt;
}

void LazyGreedy::take() {
  Bound& taken = heap_.front();
  Candidate& candidate = candidates_[taken.candidate];
  const auto chosen = candidate.member.begin() +
                      static_cast<std::ptrdiff_t>(best_member(candidate.member, taken.diversity));
  std::rotate(candidate.member.begin(), chosen, chosen + 1);
  candidate.member = candidate.member.subspan(1);
  objective_.cover(candidate.term);
  if (candidate.member.empty()) {
    taken = heap_.back();
    heap_.pop_back();
  } else {
    taken.position = position_of(candidate.member, taken.diversity);
  }
  settle_top();
}

/// The top moves down to where it belongs; it is seldom far.
void LazyGreedy::settle_top() {
  if (heap_.empty()) return;
  const Bound moved = heap_.front();
  std::size_t hole = 0;
  for (std::size_t child = 1; child < heap_.size(); child = 2 * hole + 1) {
    if (child + 1 < heap_.size() && is_later(heap_[child], heap_[child + 1])) ++child;
    if (!is_later(moved, heap_[child])) break;
    heap_[hole] = heap_[child];
    hole = child;
  }
  heap_[hole] = moved;
}

}  // namespace winnow::selection
