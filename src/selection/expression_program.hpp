#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/score_status.hpp"

// What remains of an expression once its text is checked: programs for muParser.

namespace winnow::selection {

enum class ExpressionKind { condition, number };

/// One stored number of this process's rows.
struct ExpressionColumn {
  std::span<const double> value;              ///< [rows]
  std::span<const core::ScoreStatus> status;  ///< [rows]; empty where every row is ok
};

/// A formula in calls of muParser: v0, v1, ... are names, c0, c1, ... constants, a0, a1, ...
/// aggregates.
struct Program {
  std::string text;
  std::vector<std::size_t> name;       ///< of each v: index into ReadExpression::names
  std::vector<double> constant;        ///< of each c
  std::vector<std::size_t> aggregate;  ///< of each a: index into ReadExpression::aggregates
  bool operator==(const Program&) const = default;
};

enum class AggregateFunction { mean, std_dev, median, quantile, lowest, highest };

struct Aggregate {
  AggregateFunction function = AggregateFunction::mean;
  double share = 0;  ///< quantile only: 0 to 1
  Program inner;     ///< has no aggregates
  std::string text;  ///< as the user wrote it
  bool operator==(const Aggregate& other) const {
    return function == other.function && share == other.share && inner == other.inner;
  }
};

struct ReadExpression {
  Program program;
  std::vector<Aggregate> aggregates;
  std::vector<std::string> names;
};

struct ProgramValues {
  std::vector<double> value;              ///< [rows]
  std::vector<core::ScoreStatus> status;  ///< [rows]
};

/// The program with nothing to run on. @throws InternalError when muParser does not take its text:
/// a bug of the reader
void check_program(const Program& program, std::size_t aggregates);

/// Runs a program on each of `rows` rows. `columns` by index of the name, `aggregates` by index of
/// the aggregate, NaN where that is undefined. Every operation with an operand or a result that is
/// not finite gives none; a choice `c ? a : b` looks only at the branch that it takes.
[[nodiscard]] ProgramValues run_program(const Program& program, std::size_t rows,
                                        std::span<const ExpressionColumn> columns,
                                        std::span<const double> aggregates);

}  // namespace winnow::selection
