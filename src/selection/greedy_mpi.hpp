#pragma once

#include <cstdint>

#include "mpi/communicator.hpp"
#include "selection/greedy.hpp"
#include "selection/selection.hpp"

namespace winnow::selection {

/// What the distributed greedy did. All but the last two are equal on all ranks and for every
/// number of ranks.
struct GreedyTraffic {
  std::uint64_t rounds = 0;
  std::uint64_t collectives = 0;
  std::uint64_t payload_bytes = 0;       ///< what each rank receives in the rounds and the fill
  std::uint64_t shipped_rows = 0;        ///< distinct rows sent to everyone, each once
  std::uint64_t refreshes = 0;           ///< stale bounds evaluated again, over all ranks
  std::uint64_t replay_evaluations = 0;  ///< evaluations that every rank repeats
  double setup_seconds = 0;              ///< term ids and distinct rows
  double replicated_seconds = 0;         ///< work that every rank repeats: unpacking and replay
};

struct DistributedGreedy {
  Selection selection;  ///< whole on every rank
  GreedyTraffic traffic;
};

/// Collective. `greedy` over the rows of all ranks: the same picks for every number of ranks. One
/// rank alone runs `greedy` itself. `rule` and `amount` are equal on all ranks, and `cost` is given
/// on all or none; a row id is on one rank only.
[[nodiscard]] DistributedGreedy greedy_mpi(const mpi::Communicator& communicator,
                                           const GreedyRows& rows, const GreedyRule& rule,
                                           std::uint64_t amount);

/// How many bounds a round asks for, out of so many distinct rows: more rounds against more rows
/// that travel and are evaluated in vain.
[[nodiscard]] std::uint64_t pool_size_for(std::uint64_t distinct_rows);

/// Collective. The algorithm behind it, for any number of ranks (performance.md c.3): the ranks
/// agree on a threshold that about `pool_size` bounds pass, every rank refreshes its own bounds
/// above it, the rows still above it travel to everyone once, and everyone replays the greedy on
/// them as long as the best gain passes the threshold. Each rank keeps one double per distinct
/// shared term of all ranks. `pool_size` 0: `pool_size_for` the distinct rows.
[[nodiscard]] DistributedGreedy threshold_greedy(const mpi::Communicator& communicator,
                                                 const GreedyRows& rows, const GreedyRule& rule,
                                                 std::uint64_t amount, std::uint64_t pool_size = 0);

}  // namespace winnow::selection
