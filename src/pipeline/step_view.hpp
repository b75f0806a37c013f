#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pipeline/candidates.hpp"
#include "pipeline/finished_run.hpp"
#include "pipeline/pool.hpp"
#include "pipeline/strata.hpp"
#include "selection/expression.hpp"
#include "selection/position.hpp"

namespace winnow::pipeline {

/// What a step asks of a row, and the answer of every row of a pool.
struct Formula {
  selection::Expression expression;
  EvaluatedNumbers answer;  ///< [pool.size()]
};

/// One step of a current selection as it met the rows.
struct StepView {
  const SelectionStep& step;
  Pool pool;  ///< rows that came in, ascending
  Pool kept;  ///< rows that it left in, ascending
  /// The condition of a filter, or the number that the method goes by, in every row of the pool;
  /// nothing where it goes by none.
  std::optional<Formula> formula;
  Candidates candidates;        ///< nothing for a filter
  std::vector<Stratum> strata;  ///< of the candidates, where each has a budget of its own
};

[[nodiscard]] StepView view_step(const FinishedRun& run, const FoundSelection& selection,
                                 std::size_t number);

/// The rows of one of its strata, which are picked among themselves: candidates and what is kept.
[[nodiscard]] StepView view_stratum(const StepView& view, const Stratum& stratum);

/// Whether an ascending list has a row, and at which place.
[[nodiscard]] bool is_in(const Pool& rows, core::RowId row);
[[nodiscard]] std::size_t place_in(const Pool& rows, core::RowId row);

/// The number by which the step goes, of one of its candidates.
[[nodiscard]] std::optional<double> number_of(const StepView& view, core::RowId row);

/// Whether picks come in the order of the step's number: of two candidates the better one is looked
/// at first.
[[nodiscard]] bool is_ordered_by_number(const StepView& view);

/// The place of candidate `i` in that order, for comparisons only; equal numbers go by row. For
/// steps without a number the order of the rows.
[[nodiscard]] selection::Position position_of(const StepView& view, std::size_t i);

}  // namespace winnow::pipeline
