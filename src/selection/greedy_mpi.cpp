#include "selection/greedy_mpi.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/checked_cast.hpp"
#include "mpi/agree.hpp"
#include "selection/counted_mpi.hpp"
#include "selection/cut_mpi.hpp"
#include "selection/distinct_rows_mpi.hpp"
#include "selection/lazy_greedy.hpp"
#include "selection/pick_list.hpp"
#include "selection/row_store.hpp"
#include "selection/take_mpi.hpp"
#include "selection/term_ids_mpi.hpp"

namespace winnow::selection {
namespace {

/// The first pass of a cut resolves gains within a factor of 16 below the last threshold to a
/// thousandth.
constexpr unsigned kFirstShift = 42;

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The rows' terms in the numbers that all ranks share.
std::vector<std::uint32_t> renumber(std::span<const std::uint32_t> term, const TermIds& ids) {
  std::vector<std::uint32_t> renumbered;
  renumbered.reserve(term.size());
  for (const std::uint32_t each : term) renumbered.push_back(ids.id[each]);
  return renumbered;
}

/// The state of one rank. `share_`'s bounds are its own; `store_`, `objective_` and `picks_` are
/// the same everywhere.
class ThresholdGreedy {
 public:
  ThresholdGreedy(CountedCollectives& collectives, DistinctShare share, Objective objective,
                  std::uint64_t amount, std::uint64_t pool_size);

  /// False when the budget is spent or no row has a positive gain.
  bool round();
  void fill_by_score();
  void repeat_first(const GreedyRows& rows);
  [[nodiscard]] bool is_full() const { return picks_.is_full(); }
  void mark_filled() { picks_.mark_filled(); }
  [[nodiscard]] DistributedGreedy finish() &&;

 private:
  void refresh(const Position& end);
  [[nodiscard]] std::vector<std::size_t> own_before(const Position& end) const;
  void replay(std::span<const std::byte> messages, std::span<const std::size_t> own,
              const Position& end);

  CountedCollectives& collectives_;
  DistinctShare share_;
  /// [own candidates] none is earlier in truth; kNowhere without members left.
  std::vector<Position> position_;
  std::vector<std::uint64_t> evaluated_;  ///< [own candidates] picks when `position_` was found
  RowStore store_;
  Objective objective_;
  PickList picks_;
  std::uint64_t pool_size_;
  std::uint64_t low_;  ///< no key is below it
  GreedyTraffic traffic_;
};

ThresholdGreedy::ThresholdGreedy(CountedCollectives& collectives, DistinctShare share,
                                 Objective objective, std::uint64_t amount, std::uint64_t pool_size)
    : collectives_(collectives),
      share_(std::move(share)),
      objective_(std::move(objective)),
      picks_(amount),
      pool_size_(pool_size) {
  for (std::size_t c = 0; c < share_.leader.size(); ++c)
    position_.push_back(position_of(share_.rows.candidate[c].member, share_.rows.diversity[c]));
  evaluated_.resize(position_.size(), 0);
  low_ = collectives_.min(
      position_.empty() ? kNoGain : std::min_element(position_.begin(), position_.end())->key);
  if (pool_size_ == 0) pool_size_ = pool_size_for(collectives_.sum(position_.size()));
}

void ThresholdGreedy::refresh(const Position& end) {
  for (std::size_t c = 0; c < position_.size(); ++c) {
    if (!(position_[c] < end) || evaluated_[c] == objective_.picks()) continue;
    const Candidate& candidate = share_.rows.candidate[c];
    share_.rows.diversity[c] = objective_.diversity(candidate);
    position_[c] = position_of(candidate.member, share_.rows.diversity[c]);
    evaluated_[c] = objective_.picks();
    ++traffic_.refreshes;
  }
}

std::vector<std::size_t> ThresholdGreedy::own_before(const Position& end) const {
  std::vector<std::size_t> own;
  for (std::size_t c = 0; c < position_.size(); ++c)
    if (position_[c] < end) own.push_back(c);
  return own;
}

bool ThresholdGreedy::round() {
  if (picks_.is_full()) return false;
  const Cut cut = find_cut(collectives_, position_, {low_, kNoGain - 1, kFirstShift}, pool_size_,
                           2 * pool_size_);
  if (cut.count == 0) return false;
  refresh(cut.end);
  const std::vector<std::size_t> own = own_before(cut.end);
  // Bounds that fell below the threshold leave a pool that is not worth its messages: cut again,
  // now with better bounds.
  const std::uint64_t pool = collectives_.sum(own.size());
  if (pool < cut.count && pool < pool_size_ / 4 + 1) return true;

  std::vector<std::byte> message;
  for (const std::size_t c : own) {
    const PoolEntry entry{share_.leader[c], share_.rows.diversity[c]};
    store_.pack(entry, share_.rows.candidate[c], message);
  }
  const std::vector<std::byte> messages =
      collectives_.all_gather(std::span<const std::byte>(message));
  const Stopwatch watch;
  replay(messages, own, cut.end);
  traffic_.replicated_seconds += watch.seconds();
  ++traffic_.rounds;
  low_ = cut.end.key;
  return true;
}

/// `own` are this rank's candidates in the pool, in the order in which it sent them.
void ThresholdGreedy::replay(std::span<const std::byte> messages, std::span<const std::size_t> own,
                             const Position& end) {
  const std::size_t held_before = store_.size();
  const std::vector<PoolEntry> entries = store_.unpack(messages);
  traffic_.shipped_rows += store_.size() - held_before;
  std::vector<Candidate> pool;
  std::vector<Bound> bounds;
  for (const PoolEntry& entry : entries) {
    const Candidate& candidate = store_.at(entry.leader);
    bounds.push_back({position_of(candidate.member, entry.diversity), entry.diversity,
                      objective_.picks(), core::checked_cast<std::uint32_t>(pool.size())});
    pool.push_back(candidate);
  }

  LazyGreedy lazy(objective_, pool, std::move(bounds));
  while (!picks_.is_full()) {
    const std::optional<Pick> best = lazy.best(end);
    if (!best) break;
    if (picks_.add(*best)) lazy.take();
  }
  traffic_.replay_evaluations += lazy.evaluations();

  // The members left, on every rank; the bounds of this rank's candidates, which stand together.
  for (std::size_t i = 0; i < pool.size(); ++i) {
    store_.at(entries[i].leader).member = pool[i].member;
    if (pool[i].member.empty()) store_.forget(entries[i].leader);
  }
  if (own.empty()) return;
  const auto is_first = [&](const PoolEntry& entry) {
    return entry.leader == share_.leader[own.front()];
  };
  const auto first = static_cast<std::size_t>(
      std::find_if(entries.begin(), entries.end(), is_first) - entries.begin());
  for (std::size_t i = 0; i < own.size(); ++i) {
    share_.rows.candidate[own[i]].member = pool[first + i].member;
    if (pool[first + i].member.empty()) position_[own[i]] = kNowhere;
  }
  for (const Bound& bound : lazy.bounds()) {
    if (bound.candidate < first || bound.candidate >= first + own.size()) continue;
    const std::size_t c = own[bound.candidate - first];
    position_[c] = bound.position;
    evaluated_[c] = bound.picks;
    share_.rows.diversity[c] = bound.diversity;
  }
}

void ThresholdGreedy::fill_by_score() {
  std::vector<core::RowId> row;
  std::vector<std::uint64_t> key;
  std::vector<std::uint32_t> cost;
  std::unordered_map<core::RowId, double> diversity;
  for (const Candidate& candidate : share_.rows.candidate) {
    if (candidate.member.empty()) continue;
    const double each = objective_.diversity(candidate);
    for (const Member& member : candidate.member) {
      row.push_back(member.row);
      key.push_back(order_key(member.score, Direction::descending));
      cost.push_back(core::checked_cast<std::uint32_t>(member.cost));
      diversity.emplace(member.row, each);
    }
  }
  const TakenEverywhere taken = take_mpi(collectives_, {row, key, cost}, picks_.left());
  // What only a row's owner knows reaches the others as its bits summed with zeros.
  std::vector<std::uint64_t> bits;
  for (const Position& position : taken.position) {
    const auto known = diversity.find(position.row);
    bits.push_back(known == diversity.end() ? 0 : std::bit_cast<std::uint64_t>(known->second));
  }
  collectives_.sum_in_place(bits);
  for (std::size_t i = 0; i < taken.position.size(); ++i) {
    const double score = value_of_key(taken.position[i].key, Direction::descending);
    const auto each = std::bit_cast<double>(bits[i]);
    picks_.add({taken.position[i].row, score * each, score, each, taken.cost[i]});
  }
}

void ThresholdGreedy::repeat_first(const GreedyRows& rows) {
  const core::RowId first = collectives_.min(rows.row.empty() ? kNowhere.row : rows.row.front());
  if (first == kNowhere.row) return;
  const bool is_own = !rows.row.empty() && rows.row.front() == first;
  const Member own = is_own ? member_of(rows, 0) : Member{first, 0.0, 0};
  const double score =
      std::bit_cast<double>(collectives_.sum(std::bit_cast<std::uint64_t>(own.score)));
  const std::uint64_t cost = collectives_.sum(own.cost);
  while (cost > 0 && picks_.add({first, 0.0, score, 0.0, cost})) {
  }
}

DistributedGreedy ThresholdGreedy::finish() && {
  traffic_.refreshes = collectives_.sum(traffic_.refreshes);
  traffic_.collectives = collectives_.collectives();
  traffic_.payload_bytes = collectives_.payload_bytes();
  return {std::move(picks_).finish(), traffic_};
}

}  // namespace

std::uint64_t pool_size_for(std::uint64_t distinct_rows) {
  return std::clamp<std::uint64_t>(distinct_rows / 25, 256, 16'384);
}

DistributedGreedy threshold_greedy(const mpi::Communicator& communicator, const GreedyRows& rows,
                                   const GreedyRule& rule, std::uint64_t amount,
                                   std::uint64_t pool_size) {
  mpi::agree_on(communicator, [&] { check_greedy_input(rows, rule); });
  const Stopwatch watch;
  const TermIds ids = number_terms(communicator, rows.weighted.terms);
  const std::vector<std::uint32_t> term = renumber(rows.weighted.term, ids);
  Objective objective(ids.total, rule.decay);
  DistinctShare share = distinct_rows_mpi(communicator, rows, term, objective);
  const double setup_seconds = watch.seconds();

  CountedCollectives collectives(communicator);
  ThresholdGreedy greedy(collectives, std::move(share), std::move(objective), amount, pool_size);
  while (greedy.round()) {
  }
  if (!greedy.is_full()) {
    greedy.mark_filled();
    if (rule.repeat_first_at_zero) {
      greedy.repeat_first(rows);
    } else {
      greedy.fill_by_score();
    }
  }
  DistributedGreedy result = std::move(greedy).finish();
  result.traffic.setup_seconds = setup_seconds;
  return result;
}

DistributedGreedy greedy_mpi(const mpi::Communicator& communicator, const GreedyRows& rows,
                             const GreedyRule& rule, std::uint64_t amount) {
  if (communicator.size() == 1) return {greedy(rows, rule, amount), {}};
  return threshold_greedy(communicator, rows, rule, amount);
}

}  // namespace winnow::selection
