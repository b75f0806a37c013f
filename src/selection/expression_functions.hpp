#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "selection/expression_program.hpp"

// What an expression may call.

namespace winnow::selection {

/// Functions of one number of the row.
constexpr std::array<std::string_view, 7> kOfOne{"abs",   "sqrt", "log",  "exp",
                                                 "floor", "ceil", "round"};

/// Functions of two or more numbers of the row.
constexpr std::array<std::string_view, 2> kOfSeveral{"min", "max"};

struct NamedAggregate {
  std::string_view name;
  AggregateFunction function;
};

/// Functions of one number over all rows.
constexpr std::array kAggregates{NamedAggregate{"mean", AggregateFunction::mean},
                                 NamedAggregate{"std", AggregateFunction::std_dev},
                                 NamedAggregate{"median", AggregateFunction::median},
                                 NamedAggregate{"quantile", AggregateFunction::quantile},
                                 NamedAggregate{"lowest", AggregateFunction::lowest},
                                 NamedAggregate{"highest", AggregateFunction::highest}};

[[nodiscard]] inline std::vector<std::string> function_names() {
  std::vector<std::string> names(kOfOne.begin(), kOfOne.end());
  names.insert(names.end(), kOfSeveral.begin(), kOfSeveral.end());
  for (const NamedAggregate& each : kAggregates) names.emplace_back(each.name);
  return names;
}

}  // namespace winnow::selection
