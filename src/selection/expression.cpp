#include "selection/expression.hpp"

#include <limits>
#include <utility>

#include "core/error.hpp"
#include "selection/expression_reader.hpp"

namespace winnow::selection {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void check_columns(const Expression& expression, std::size_t rows,
                   std::span<const ExpressionColumn> columns) {
  core::check(columns.size() == expression.names().size(), "each name has its column");
  for (const ExpressionColumn& column : columns)
    core::check(
        column.value.size() == rows && (column.status.empty() || column.status.size() == rows),
        "a column has a value and a status for each row");
}

}  // namespace

Expression::Expression(std::string_view place, std::string_view text, ExpressionKind kind,
                       std::span<const std::string> known)
    : kind_(kind), formula_(read_expression(place, text, kind, known)) {
  check_program(formula_.program, formula_.aggregates.size());
  for (const Aggregate& each : formula_.aggregates) check_program(each.inner, 0);
}

std::vector<std::vector<double>> aggregate_inputs(const Expression& expression, std::size_t rows,
                                                  std::span<const ExpressionColumn> columns) {
  check_columns(expression, rows, columns);
  std::vector<std::vector<double>> inputs;
  for (const Aggregate& each : expression.formula().aggregates) {
    const ProgramValues values = run_program(each.inner, rows, columns, {});
    std::vector<double>& defined = inputs.emplace_back();
    for (std::size_t row = 0; row < rows; ++row)
      if (values.status[row] == core::ScoreStatus::ok) defined.push_back(values.value[row]);
  }
  return inputs;
}

std::vector<AggregateValue> aggregate_values(const Expression& expression,
                                             std::span<const std::vector<double>> inputs,
                                             const SumOverRanks& sum_over_ranks) {
  std::vector<AggregateValue> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Aggregate& each = expression.formula().aggregates[i];
    values.push_back({each.text, aggregate(each.function, each.share, inputs[i], sum_over_ranks)});
  }
  return values;
}

ExpressionValues row_values(const Expression& expression, std::size_t rows,
                            std::span<const ExpressionColumn> columns,
                            std::vector<AggregateValue> aggregates) {
  std::vector<double> numbers;
  for (const AggregateValue& each : aggregates) numbers.push_back(each.value.value_or(kNone));
  ProgramValues values = run_program(expression.formula().program, rows, columns, numbers);
  return {std::move(values.value), std::move(values.status), std::move(aggregates)};
}

ExpressionValues evaluate(const Expression& expression, std::size_t rows,
                          std::span<const ExpressionColumn> columns) {
  const auto alone = [](std::span<std::uint64_t>) {};
  return row_values(
      expression, rows, columns,
      aggregate_values(expression, aggregate_inputs(expression, rows, columns), alone));
}

std::string expression_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool continues_character = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    if (!continues_character) name += is_letter_or_digit(c) ? c : '_';
  }
  return name;
}

}  // namespace winnow::selection
