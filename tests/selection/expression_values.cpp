// expression_values < REQUEST
// REQUEST is {"columns": {name: [number or null]}, "expressions": [{"text", "is_condition"}],
// "sums": [[number]]}; prints the values of each expression (null: undefined) and the exact sums as
// JSON.
#include <cmath>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "selection/exact_sum.hpp"
#include "selection/expression.hpp"

namespace {

using namespace winnow;
using nlohmann::json;

struct Column {
  std::vector<double> value;
  std::vector<core::ScoreStatus> status;
};

Column column_of(const json& cells) {
  Column column;
  for (const json& cell : cells) {
    column.value.push_back(cell.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                          : cell.get<double>());
    column.status.push_back(cell.is_null() ? core::ScoreStatus::not_given : core::ScoreStatus::ok);
  }
  return column;
}

json values_of(const json& request, const json& columns) {
  std::vector<std::string> known;
  for (const auto& [name, cells] : columns.items()) known.push_back(name);
  const auto kind = request.at("is_condition").get<bool>() ? selection::ExpressionKind::condition
                                                           : selection::ExpressionKind::number;
  const selection::Expression expression("expression", request.at("text").get<std::string>(), kind,
                                         known);
  std::vector<Column> kept;
  for (const std::string& name : expression.names()) kept.push_back(column_of(columns.at(name)));
  std::vector<selection::ExpressionColumn> used;
  for (const Column& column : kept) used.push_back({column.value, column.status});
  const auto values = evaluate(expression, columns.front().size(), used);
  json cells = json::array();
  for (std::size_t row = 0; row < values.value.size(); ++row)
    cells.push_back(values.status[row] == core::ScoreStatus::ok ? json(values.value[row]) : json());
  return cells;
}

}  // namespace

int main() {
  const json request = json::parse(std::cin);
  json answer{{"values", json::array()}, {"sums", json::array()}};
  for (const json& each : request.at("expressions"))
    answer["values"].push_back(values_of(each, request.at("columns")));
  for (const json& terms : request.at("sums")) {
    selection::ExactSum sum;
    for (const json& term : terms) sum.add(term.get<double>());
    answer["sums"].push_back(sum.value());
  }
  std::cout << answer << '\n';
  return 0;
}
