#pragma once

#include <cstdint>
#include <vector>

#include "core/partition.hpp"
#include "selection/greedy.hpp"
#include "tfidf/document_terms.hpp"

namespace winnow::bench {

/// What the threshold greedy (selection/greedy_mpi.hpp) does, counted in one process.
struct Replay {
  std::vector<core::RowId> picks;  ///< those with a positive gain
  std::uint64_t rounds = 0;
  std::vector<std::vector<core::RowId>> refreshed;  ///< of each pass; rows as their leaders
};

/// Takes the steps of `threshold_greedy` over the rows of one process, with its own parts; the
/// caller holds rounds, refreshes and picks against the real one's.
[[nodiscard]] Replay replay_rounds(const selection::GreedyRows& rows,
                                   const selection::GreedyRule& rule, std::uint64_t amount);

/// Evaluations of the lazy greedy of one process: the first one of each distinct row, and those of
/// stale bounds.
struct LazyWork {
  std::uint64_t first = 0;
  std::uint64_t again = 0;
};
[[nodiscard]] LazyWork count_lazy_work(const selection::GreedyRows& rows,
                                       const selection::GreedyRule& rule, std::uint64_t amount);

/// Work and messages if the rows lay on `ranks` ranks as winnow lays them out (block_range).
struct VirtualLoad {
  std::uint64_t ranks = 0;
  double refresh_imbalance = 0;         ///< largest / mean refreshes of a rank over the whole run
  double refresh_critical = 0;          ///< sum over passes of the largest / sum of the means
  std::uint64_t largest_refreshes = 0;  ///< of one rank over the whole run
  std::uint64_t keys = 0;               ///< (term, rank) pairs that the exchange of TF-IDF sends
  std::uint64_t largest_sent = 0;       ///< keys of one rank
  std::uint64_t largest_owned = 0;      ///< keys received by one owner
};
[[nodiscard]] VirtualLoad load_of(const Replay& replay, const tfidf::InvertedTerms& terms,
                                  std::uint64_t ranks);

}  // namespace winnow::bench
