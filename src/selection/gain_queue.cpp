#include "selection/gain_queue.hpp"

#include <algorithm>

#include "core/checked_cast.hpp"

namespace winnow::selection {
namespace {

constexpr std::size_t kSmallestBatch = 16;
constexpr std::size_t kLargestBatch = 2048;

}  // namespace

GainQueue::GainQueue(FacilityTies ties, std::vector<std::uint64_t> gains)
    : ties_(ties), latest_(std::move(gains)), known_at_(latest_.size(), 0), batch_(kSmallestBatch) {
  const auto count = core::checked_cast<std::uint32_t>(latest_.size());
  for (std::uint32_t c = 0; c < count; ++c) heap_.emplace_back(latest_[c], c);
  std::ranges::make_heap(heap_);
}

/// A gain of 0 cannot fall.
bool GainQueue::is_known(std::uint32_t candidate) const {
  return known_at_[candidate] == picks_ || latest_[candidate] == 0;
}

/// submodlib compares a row's new gain with the next bound, whatever came before in the order.
bool GainQueue::is_accepted(const Bound& popped) const {
  const std::uint64_t gain = latest_[popped.second];
  if (ties_ == FacilityTies::smallest_row) return gain == popped.first;
  return heap_.empty() || gain >= heap_.front().first;
}

GainQueue::Bound GainQueue::pop() {
  std::ranges::pop_heap(heap_);
  const Bound top = heap_.back();
  heap_.pop_back();
  return top;
}

void GainQueue::push(const Bound& bound) {
  heap_.push_back(bound);
  std::ranges::push_heap(heap_);
}

/// Gains found ahead of time improve the bounds, but for submodlib's process, in which a bound
/// changes only when its row comes up.
void GainQueue::lower_top() {
  while (ties_ == FacilityTies::smallest_row && latest_[heap_.front().second] < heap_.front().first)
    push({latest_[heap_.front().second], pop().second});
}

/// Goes on until the next pick is settled or a gain is missing: whose.
std::optional<std::uint32_t> GainQueue::settle() {
  while (!next_ && !heap_.empty()) {
    lower_top();
    if (!is_known(heap_.front().second)) return heap_.front().second;
    const Bound top = pop();
    const std::uint64_t gain = latest_[top.second];
    if (is_accepted(top)) {
      next_ = {top.second, gain};
    } else {
      push({gain, top.second});
    }
  }
  return std::nullopt;
}

std::vector<std::uint32_t> GainQueue::wanted() {
  std::vector<std::uint32_t> wanted;
  if (!settle()) return wanted;
  std::vector<Bound> passed;
  while (wanted.size() < batch_ && !heap_.empty()) {
    lower_top();
    if (heap_.front().first < best_) break;
    passed.push_back(pop());
    if (!is_known(passed.back().second)) wanted.push_back(passed.back().second);
  }
  for (const Bound& bound : passed) push(bound);
  asked_ += wanted.size();
  batch_ = std::min(2 * batch_, kLargestBatch);
  return wanted;
}

void GainQueue::tell(std::span<const std::uint32_t> candidates,
                     std::span<const std::uint64_t> gains) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    latest_[candidates[i]] = gains[i];
    known_at_[candidates[i]] = picks_;
    best_ = std::max(best_, gains[i]);
  }
}

void GainQueue::tell_all(std::span<const std::uint64_t> gains) {
  latest_.assign(gains.begin(), gains.end());
  std::ranges::fill(known_at_, picks_);
  best_ = std::ranges::max(latest_);
}

GainQueue::Pick GainQueue::next() {
  const Pick pick = *next_;
  next_.reset();
  ++picks_;
  best_ = 0;
  batch_ = std::clamp(asked_ / 2, kSmallestBatch, kLargestBatch);
  asked_ = 0;
  return pick;
}

}  // namespace winnow::selection
