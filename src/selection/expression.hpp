#pragma once

#include <cstddef>
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
  std::string text;         ///< as the user wrote it
  double value = 0;         ///< NaN as filler where it is not defined
  bool is_defined = false;  ///< false: its own expression is defined in no row, or it overflows
};

struct ExpressionValues {
  /// [rows] A condition gives 0 or 1; NaN as filler where the status is not ok.
  std::vector<double> value;
  /// [rows] The status of the first of names() that has no value in the row; non_finite where the
  /// formula itself gives none.
  std::vector<core::ScoreStatus> status;
  std::vector<AggregateValue> aggregate;  ///< in the order of the text, each once; for reports
};

/// A checked filter or score. Holds no rows; copies are independent.
class Expression {
 public:
  /// `place` begins every message (`job.yaml:7: select[1].filter`); `known` are the names that the
  /// expression may use, written as expression_name writes them.
  /// @throws UsageError  naming what was found, at which column, and what was expected
  Expression(std::string_view place, std::string_view text, ExpressionKind kind,
             std::span<const std::string> known);

  [[nodiscard]] ExpressionKind kind() const { return kind_; }
  /// The names it uses, each once, in the order of the text: the columns that evaluate() wants.
  [[nodiscard]] const std::vector<std::string>& names() const { return read_.names; }

 private:
  friend ExpressionValues evaluate(const Expression& expression, std::size_t rows,
                                   std::span<const ExpressionColumn> columns,
                                   const SumOverRanks& sum_over_ranks);

  ExpressionKind kind_;
  ReadExpression read_;
};

/// The expression on every row of one process. `columns` [names().size()], `rows` rows each.
[[nodiscard]] ExpressionValues evaluate(const Expression& expression, std::size_t rows,
                                        std::span<const ExpressionColumn> columns);

/// The same where the rows are spread over ranks: `sum_over_ranks` is called equally often on each.
[[nodiscard]] ExpressionValues evaluate(const Expression& expression, std::size_t rows,
                                        std::span<const ExpressionColumn> columns,
                                        const SumOverRanks& sum_over_ranks);

/// `text` as a name of expressions: each character but letters, digits and `_` becomes `_`. A
/// scorer's own number is `expression_name(scorer) + "." + name`.
[[nodiscard]] std::string expression_name(std::string_view text);

}  // namespace winnow::selection
