#pragma once

#include <span>
#include <vector>

#include "core/partition.hpp"

// What is special in IterIT's published selection (arXiv:2412.17365, `faithful: true`); see
// docs/iterit.md.

namespace winnow::selection {

/// The nearest bfloat16, by way of float32 as torch converts (ties to even at both steps). NaN and
/// infinities stay.
[[nodiscard]] double round_to_bf16(double value);

/// Rows with `ifd_ppl` < 1 and the score they are picked by.
struct Candidates {
  std::vector<core::RowId> row;
  std::vector<double> score;
};

/// The rows that may be picked: value < 1 (NaN is not). `faithful` rounds to bfloat16 before the
/// comparison and for the score.
[[nodiscard]] Candidates ifd_candidates(std::span<const core::RowId> row,
                                        std::span<const double> ifd_ppl, bool faithful);

/// IterIT's order of the rows after an epoch's selection, from which the next epoch's pool is cut:
/// the picks (repeats kept), every row with score >= 1 in the order given, the other candidates by
/// score descending, then row id. Rows with a NaN score are dropped. `row` and `score` [n] are the
/// rows that were scored, in their present order, scores as compared (rounded if faithful).
[[nodiscard]] std::vector<core::RowId> pool_order(std::span<const core::RowId> picked,
                                                  std::span<const core::RowId> row,
                                                  std::span<const double> score);

}  // namespace winnow::selection
