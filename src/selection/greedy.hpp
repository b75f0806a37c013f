#pragma once

#include <cstdint>
#include <span>

#include "core/partition.hpp"
#include "selection/selection.hpp"
#include "tfidf/weighted_rows.hpp"

namespace winnow::selection {

/// This rank's candidates: only rows that may be selected. [n] each.
struct GreedyRows {
  std::span<const core::RowId> row;     ///< ascending
  std::span<const double> score;        ///< finite, >= 0
  std::span<const std::uint32_t> cost;  ///< tokens; empty: every row costs 1
  const tfidf::WeightedRows& weighted;
};

struct GreedyRule {
  double decay = 0.1;  ///< in [0, 1]: a term's weight is multiplied by it for each picked row that
                       ///< has the term
  bool repeat_first_at_zero = false;  ///< `faithful`: without a positive gain the published loop
                                      ///< picks its first candidate again
};

/// Picks, until `amount` is spent, the row with the largest score x (base + sum over shared terms
/// of weight x decay^c), where c counts the picked rows that have the term; equal gains go to the
/// lowest row id. Once no candidate has a positive gain the rest is filled by score descending,
/// then row id, and the result says from which pick on. Lazy evaluation with the same doubles as
/// the loop that evaluates every row at every pick (performance.md c.1).
/// @throws UsageError when `decay` is outside [0, 1]; InternalError when a score is negative or not
/// finite. Source: IterIT, arXiv:2412.17365, its released `SupervisedDataset.update`.
[[nodiscard]] Selection greedy(const GreedyRows& rows, const GreedyRule& rule,
                               std::uint64_t amount);

}  // namespace winnow::selection
