#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/score_status.hpp"
#include "selection/aggregate.hpp"
#include "selection/expression_program.hpp"

// What a user computes from stored numbers: a condition to keep rows by, a number to rank them by.
// The language, its rule for undefined values and its messages: docs/filters.md.

namespace winnow::selection {

/// The value of `mean(evol_score)` and its like: one number for all rows of all ranks.
struct AggregateValue {
  std::string text;             ///< as the user wrote it
  std::optional<double> value;  ///< none: its own formula is defined in no row, or it overflows
};

struct ExpressionValues {
  /// [rows] A condition gives 0 or 1. NaN as filler where the status is not ok.
  std::vector<double> value;
  /// [rows] The status of the first of the names that has no value in the row (names only inside
  /// aggregates do not count); non_finite where the formula itself gives none.
  std::vector<core::ScoreStatus> status;
  std::vector<AggregateValue> aggregate;  ///< in the order of the text, each once; for reports
};

/// A checked filter or score. Holds no rows.
class Expression {
 public:
  /// `place` begins every message (`job.yaml:7: select[1].filter`); `known` are the names that the
  /// expression may use, as expression_name writes them.
  /// @throws UsageError  naming what was found, at which column, and what was expected
  Expression(std::string_view place, std::string_view text, ExpressionKind kind,
             std::span<const std::string> known);

  [[nodiscard]] ExpressionKind kind() const { return kind_; }
  /// The names it uses, each once, in the order of the text: the columns that evaluate() wants.
  [[nodiscard]] const std::vector<std::string>& names() const { return formula_.names; }
  [[nodiscard]] const ReadExpression& formula() const { return formula_; }

 private:
  ExpressionKind kind_;
  ReadExpression formula_;
};

/// The expression on every row of one process. `columns` [names().size()], `rows` rows each.
[[nodiscard]] ExpressionValues evaluate(const Expression& expression, std::size_t rows,
                                        std::span<const ExpressionColumn> columns);

/// `text` as a name of expressions: each character but letters and digits becomes `_`. A scorer's
/// own number is `expression_name(scorer) + "." + name`.
[[nodiscard]] std::string expression_name(std::string_view text);

// The three steps of evaluate(), for its twin: the first and the last do not communicate.

/// What each aggregate goes over: its own formula in the rows where that is defined.
/// @throws InternalError  if a column does not have `rows` values
[[nodiscard]] std::vector<std::vector<double>> aggregate_inputs(
    const Expression& expression, std::size_t rows, std::span<const ExpressionColumn> columns);
[[nodiscard]] std::vector<AggregateValue> aggregate_values(
    const Expression& expression, std::span<const std::vector<double>> inputs,
    const SumOverRanks& sum_over_ranks);
[[nodiscard]] ExpressionValues row_values(const Expression& expression, std::size_t rows,
                                          std::span<const ExpressionColumn> columns,
                                          std::vector<AggregateValue> aggregates);

}  // namespace winnow::selection
