#include "selection/expression_program.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <muParserBase.h>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double defined(double value) { return std::isfinite(value) ? value : kNone; }

double truth(bool value) { return value ? 1.0 : 0.0; }

/// A binary operation that gives none where an operand or the result is not finite.
template <auto kOperation>
double strict(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? kNone : defined(kOperation(a, b));
}

template <auto kOperation>
double strict(double a) {
  return std::isnan(a) ? kNone : defined(kOperation(a));
}

double choose(double condition, double yes, double no) {
  if (std::isnan(condition)) return kNone;
  return condition != 0 ? yes : no;
}

/// muParser with no functions, operators and constants but ours: each operation is a call.
class Parser : public mu::ParserBase {
 public:
  explicit Parser(const Program& program, std::span<const double> aggregates)
      : slot_(program.name.size()) {
    DefineNameChars("0123456789abcdefghijklmnopqrstuvwxyz");
    DefineOprtChars("+");
    DefineInfixOprtChars("+");
    EnableBuiltInOprt(false);
    EnableOptimizer(false);
    define_operations();
    for (std::size_t i = 0; i < slot_.size(); ++i) DefineVar(fmt::format("v{}", i), &slot_[i]);
    for (std::size_t i = 0; i < program.constant.size(); ++i)
      DefineConst(fmt::format("c{}", i), program.constant[i]);
    for (std::size_t i = 0; i < program.aggregate.size(); ++i)
      DefineConst(fmt::format("a{}", i), aggregates[program.aggregate[i]]);
    SetExpr(program.text);
  }

  [[nodiscard]] std::span<double> slots() { return slot_; }

 private:
  void InitCharSets() override {}
  void InitFun() override {}
  void InitConst() override {}
  void InitOprt() override {}

  void define_operations() {
    using One = double (*)(double);
    using Two = double (*)(double, double);
    const auto one = [this](const char* name, One operation) { DefineFun(name, operation); };
    const auto two = [this](const char* name, Two operation) { DefineFun(name, operation); };
    two("add", strict<[](double a, double b) { return a + b; }>);
    two("sub", strict<[](double a, double b) { return a - b; }>);
    two("mul", strict<[](double a, double b) { return a * b; }>);
    two("div", strict<[](double a, double b) { return a / b; }>);
    two("pow", strict<[](double a, double b) { return std::pow(a, b); }>);
    one("neg", strict<[](double a) { return -a; }>);
    two("lt", strict<[](double a, double b) { return truth(a < b); }>);
    two("le", strict<[](double a, double b) { return truth(a <= b); }>);
    two("gt", strict<[](double a, double b) { return truth(a > b); }>);
    two("ge", strict<[](double a, double b) { return truth(a >= b); }>);
    two("eq", strict<[](double a, double b) { return truth(a == b); }>);
    two("ne", strict<[](double a, double b) { return truth(a != b); }>);
    two("and", strict<[](double a, double b) { return truth(a != 0 && b != 0); }>);
    two("or", strict<[](double a, double b) { return truth(a != 0 || b != 0); }>);
    one("not", strict<[](double a) { return truth(a == 0); }>);
    two("min", strict<[](double a, double b) { return b < a ? b : a; }>);
    two("max", strict<[](double a, double b) { return a < b ? b : a; }>);
    one("abs", strict<[](double a) { return std::fabs(a); }>);
    one("sqrt", strict<[](double a) { return std::sqrt(a); }>);
    one("log", strict<[](double a) { return std::log(a); }>);
    one("exp", strict<[](double a) { return std::exp(a); }>);
    one("floor", strict<[](double a) { return std::floor(a); }>);
    one("ceil", strict<[](double a) { return std::ceil(a); }>);
    one("round", strict<[](double a) { return std::nearbyint(a); }>);
    DefineFun("choose", choose);
  }

  std::vector<double> slot_;
};

core::ScoreStatus status_of(const ExpressionColumn& column, std::size_t row) {
  if (!column.status.empty() && column.status[row] != core::ScoreStatus::ok)
    return column.status[row];
  return std::isfinite(column.value[row]) ? core::ScoreStatus::ok : core::ScoreStatus::non_finite;
}

ProgramValues run(Parser& parser, const Program& program, std::size_t rows,
                  std::span<const ExpressionColumn> columns) {
  const std::span<double> slots = parser.slots();
  ProgramValues result{std::vector<double>(rows, kNone),
                       std::vector<core::ScoreStatus>(rows, core::ScoreStatus::ok)};
  for (std::size_t row = 0; row < rows; ++row) {
    core::ScoreStatus& status = result.status[row];
    for (std::size_t i = 0; i < slots.size() && status == core::ScoreStatus::ok; ++i) {
      const ExpressionColumn& column = columns[program.name[i]];
      status = status_of(column, row);
      slots[i] = column.value[row];
    }
    if (status != core::ScoreStatus::ok) continue;
    // Not muParser's bulk mode: that parses anew in each call and sets OpenMP's number of threads.
    result.value[row] = parser.Eval();
    if (std::isnan(result.value[row])) status = core::ScoreStatus::non_finite;
  }
  return result;
}

template <class Work>
auto with_parser(const Program& program, std::span<const double> aggregates, Work work) {
  try {
    Parser parser(program, aggregates);
    return work(parser);
  } catch (const mu::ParserError& error) {
    throw core::InternalError(
        fmt::format("muParser does not take '{}': {}", program.text, error.GetMsg()));
  }
}

}  // namespace

void check_program(const Program& program, std::size_t aggregates) {
  with_parser(program, std::vector<double>(aggregates, kNone),
              [](const Parser& parser) { return parser.Eval(); });
}

ProgramValues run_program(const Program& program, std::size_t rows,
                          std::span<const ExpressionColumn> columns,
                          std::span<const double> aggregates) {
  return with_parser(program, aggregates,
                     [&](Parser& parser) { return run(parser, program, rows, columns); });
}

}  // namespace winnow::selection
