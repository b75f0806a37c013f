#include "selection/expression.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

using core::ScoreStatus;
using enum ExpressionKind;
using Cells = std::vector<std::optional<double>>;

constexpr auto kUndefined = std::nullopt;

/// Four rows; the third has no ifd_ppl, the fourth no a.
struct NamedColumn {
  std::string name;
  std::vector<double> value;
  std::vector<ScoreStatus> status;
};
const std::vector<NamedColumn>& pool() {
  static const std::vector<NamedColumn> columns{
      {"a",
       {1, 2, 3, NAN},
       {ScoreStatus::ok, ScoreStatus::ok, ScoreStatus::ok, ScoreStatus::not_given}},
      {"b", {4, -2, 0.5, 10}, {}},
      {"zero", {0, 0, 0, 0}, {}},
      {"ifd_ppl",
       {0.5, 1.5, NAN, 0.75},
       {ScoreStatus::ok, ScoreStatus::ok, ScoreStatus::empty_answer, ScoreStatus::ok}},
      {"response_words", {3, 4, 5, 6}, {}},
      {"gpt2.ifd_ppl", {0.25, 0.5, 0.75, 1}, {}},
      {"7b_chat.rating", {1, 2, 3, 4}, {}},
      {"never", {0, 0, 0, 0}, std::vector(4, ScoreStatus::not_scored)},
      {"infinite", {HUGE_VAL, 1, 1, 1}, {}}};
  return columns;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const NamedColumn& column : pool()) names.push_back(column.name);
  return names;
}

Expression read(std::string_view text, ExpressionKind kind) {
  return {"job.yaml:7: filter", text, kind, known_names()};
}

std::vector<ExpressionColumn> columns_of(const Expression& expression) {
  std::vector<ExpressionColumn> columns;
  for (const std::string& name : expression.names()) {
    const auto column = std::ranges::find(pool(), name, &NamedColumn::name);
    columns.push_back({column->value, column->status});
  }
  return columns;
}

ExpressionValues values_of(std::string_view text, ExpressionKind kind) {
  const Expression expression = read(text, kind);
  return evaluate(expression, 4, columns_of(expression));
}

Cells cells_of(const ExpressionValues& values) {
  Cells cells;
  for (std::size_t row = 0; row < values.value.size(); ++row) {
    const bool is_defined = values.status[row] == ScoreStatus::ok;
    EXPECT_EQ(is_defined, std::isfinite(values.value[row]));
    cells.push_back(is_defined ? std::optional(values.value[row]) : std::nullopt);
  }
  return cells;
}

std::string refusal_of(std::string_view text, ExpressionKind kind) {
  try {
    static_cast<void>(read(text, kind));
  } catch (const core::UsageError& error) {
    return error.what();
  }
  return "accepted";
}

struct Good {
  ExpressionKind kind;
  std::string_view text;
  Cells expected;
};

const Good kGood[] = {
    {condition, "ifd_ppl < 1 and response_words > 3", {0, 0, kUndefined, 1}},
    {condition, "ifd_ppl < 1 && response_words > 3", {0, 0, kUndefined, 1}},
    {condition, "ifd_ppl >= 1 or response_words == 6", {0, 1, kUndefined, 1}},
    {condition, "ifd_ppl >= 1 || response_words != 3", {0, 1, kUndefined, 1}},
    {condition, "not b < 0", {1, 0, 1, 1}},
    {condition, "!b < 0", {1, 0, 1, 1}},
    {condition, "!(b < 0) and not (b > 4)", {1, 0, 1, 0}},
    {condition, "b > 4 or b > 0 and b < 1", {0, 0, 1, 1}},
    {condition, "(b > 4 or b > 0) and b < 1", {0, 0, 1, 0}},
    {condition, "not b > 4 and b > 1", {1, 0, 0, 0}},
    {condition, "abs(b - mean(b)) <= 2", {1, 0, 0, 0}},
    {condition, "abs(b - mean(b)) <= 3", {1, 0, 1, 0}},
    {condition, "b > 0 ? b < 1 : b < -1", {0, 1, 1, 0}},
    {condition, "a<=2\n\tand\r\na>1", {0, 1, 0, kUndefined}},
    {condition, "1 < 2", {1, 1, 1, 1}},
    {condition,
     "response_words > 0 or never > 0",
     {kUndefined, kUndefined, kUndefined, kUndefined}},
    {condition, "sqrt(b) > 1 or b < 0", {1, kUndefined, 0, 1}},
    {condition, "not (log(zero) < 1)", {kUndefined, kUndefined, kUndefined, kUndefined}},
    {number, "a * b", {4, -4, 1.5, kUndefined}},
    {number, "1 + 2 * 3 - 4 / 8", {6.5, 6.5, 6.5, 6.5}},
    {number, "10 - 3 - 2", {5, 5, 5, 5}},
    {number, "-2 ^ 2", {-4, -4, -4, -4}},
    {number, "2 ^ 3 ^ 2", {512, 512, 512, 512}},
    {number, "2 ^ -1", {0.5, 0.5, 0.5, 0.5}},
    {number, "(-2) ^ 2 + +1 - -1", {6, 6, 6, 6}},
    {number, "2 * -b", {-8, 4, -1, -20}},
    {number, "((b))", {4, -2, 0.5, 10}},
    {number, ".5 + 1e-1 + 2.", {2.6, 2.6, 2.6, 2.6}},
    {number, "1 / zero", {kUndefined, kUndefined, kUndefined, kUndefined}},
    {number, "1 / (1 / zero)", {kUndefined, kUndefined, kUndefined, kUndefined}},
    {number, "zero ^ zero", {1, 1, 1, 1}},
    {number, "b ^ 0.5", {2, kUndefined, std::sqrt(0.5), std::sqrt(10)}},
    {number, "exp(1000 * b)", {kUndefined, 0, std::exp(500), kUndefined}},
    {number, "infinite", {kUndefined, 1, 1, 1}},
    {number, "b > 0 ? log(b) : 0", {std::log(4), 0, std::log(0.5), std::log(10)}},
    {number, "b > 5 ? 1 : b > 0 ? 2 : 3", {2, 3, 2, 1}},
    {number, "abs(b) + sqrt(4) + exp(0) + log(1)", {7, 5, 3.5, 13}},
    {number, "floor(b / 4) + 10 * ceil(b / 4)", {11, -1, 10, 32}},
    {number, "round(0.5) + 10 * round(1.5) + 100 * round(-2.5)", {-180, -180, -180, -180}},
    {number, "min(b, 1) + max(b, 1, 5)", {6, 3, 5.5, 11}},
    {number, "gpt2.ifd_ppl - 7b_chat.rating", {-0.75, -1.5, -2.25, -3}},
    {number, "mean(a)", {2, 2, 2, 2}},
    {number, "a - mean(a)", {-1, 0, 1, kUndefined}},
    {number, "b - mean(ifd_ppl * 4)", {4 - 11.0 / 3, -2 - 11.0 / 3, 0.5 - 11.0 / 3, 10 - 11.0 / 3}},
    {number,
     "std(7b_chat.rating)",
     {std::sqrt(1.25), std::sqrt(1.25), std::sqrt(1.25), std::sqrt(1.25)}},
    {number, "median(b) + median(a)", {4.25, 4.25, 4.25, 4.25}},
    {number, "quantile(response_words, 0.9)", {5.7, 5.7, 5.7, 5.7}},
    {number, "quantile(b, 0) - lowest(b)", {0, 0, 0, 0}},
    {number, "quantile(b, 1) - highest(b)", {0, 0, 0, 0}},
    {number, "highest(min(b, 5)) - lowest(a)", {4, 4, 4, 4}},
    {number, "mean(never)", {kUndefined, kUndefined, kUndefined, kUndefined}},
    {number, "mean(never) > 1 ? 1 : 2", {kUndefined, kUndefined, kUndefined, kUndefined}},
};

TEST(Expression, GivesTheValueOfEachGoodOne) {
  for (const Good& each : kGood) {
    const Cells cells = cells_of(values_of(each.text, each.kind));
    ASSERT_EQ(cells.size(), each.expected.size()) << each.text;
    for (std::size_t row = 0; row < cells.size(); ++row) {
      ASSERT_EQ(cells[row].has_value(), each.expected[row].has_value())
          << each.text << " row " << row;
      if (cells[row]) {
        EXPECT_DOUBLE_EQ(*cells[row], *each.expected[row]) << each.text << " row " << row;
      }
    }
  }
}

struct Bad {
  ExpressionKind kind;
  std::string_view text;
  std::string_view message;  ///< after the place
};

const Bad kBad[] = {
    {condition, "", "found nothing at column 1, expected a condition, such as ifd_ppl < 1"},
    {number, " \n ",
     "found nothing at column 1, expected a number, such as evol_complexity * evol_quality"},
    {condition, "a = 1", "found '=' at column 3, expected =="},
    {condition, "a => 1", "found '=' at column 3, expected =="},
    {condition, "a <> 1", "found '<>' at column 3, expected !="},
    {condition, "a < 1 & b < 1", "found '&' at column 7, expected && or and"},
    {condition, "a < 1 | b < 1", "found '|' at column 7, expected || or or"},
    {number, "a ** 2", "found '**' at column 3, expected ^ for a power"},
    {number, "a % 2", "found '%' at column 3, expected a number, a name or an operator"},
    {number, "a; b", "found ';' at column 2, expected a number, a name or an operator"},
    {condition, "é < 1", "found 'é' at column 1, expected a number, a name or an operator"},
    {condition, "a ≤ 1", "found '≤' at column 3, expected a number, a name or an operator"},
    {condition, "a == \"yes\"",
     "found '\"' at column 6, expected a number or a name: an expression knows no texts"},
    {condition, "a == 'yes'",
     "found ''' at column 6, expected a number or a name: an expression knows no texts"},
    {condition, "ifd_pp < 1",
     "found the unknown name 'ifd_pp' at column 1, expected the name of a stored number; the "
     "nearest is 'ifd_ppl'"},
    {condition, "1 < gpt2.ifd",
     "found the unknown name 'gpt2.ifd' at column 5, expected the name of a stored number; the "
     "nearest is 'gpt2.ifd_ppl'"},
    {number, "_pi",
     "found the unknown name '_pi' at column 1, expected the name of a stored number; the nearest "
     "is 'a'"},
    {condition, "a < 1 AND b < 1", "found 'AND' at column 7, expected an operator or the end"},
    {number, "quantil(a, 0.5)",
     "found the unknown function 'quantil' at column 1, expected a function of expressions; the "
     "nearest is 'quantile'"},
    {number, "sum(a, b)",
     "found the unknown function 'sum' at column 1, expected a function of expressions; the "
     "nearest is 'std'"},
    {number, "rnd(a)",
     "found the unknown function 'rnd' at column 1, expected a function of expressions; the "
     "nearest is 'round'"},
    {number, "a(2)",
     "found the unknown function 'a' at column 1, expected a function of expressions; the nearest "
     "is 'abs'"},
    {number, "mean", "found 'mean' at column 1, expected mean(...): it is a function"},
    {condition, "ifd_ppl",
     "found 'ifd_ppl' (a number) at column 1, expected a condition, such as ifd_ppl < 1"},
    {number, "a < b",
     "found 'a < b' (a condition) at column 1, expected a number, such as evol_complexity * "
     "evol_quality"},
    {condition, "1 < a < 3",
     "found '<' at column 7, expected one comparison at a time, such as 1 < a and a < 2"},
    {condition, "a and b < 1", "found 'a' (a number) at column 1, expected a condition"},
    {condition, "b < 1 or a + 1", "found 'a + 1' (a number) at column 10, expected a condition"},
    {condition, "not a", "found 'a' (a number) at column 5, expected a condition"},
    {condition, "(a < 1) + 1 < 2", "found '(a < 1)' (a condition) at column 1, expected a number"},
    {condition, "(a < 1) == (b < 1)",
     "found '(a < 1)' (a condition) at column 1, expected a number"},
    {number, "-(a < 1)", "found '(a < 1)' (a condition) at column 2, expected a number"},
    {number, "a ? 1 : 2", "found 'a' (a number) at column 1, expected a condition before '?'"},
    {number, "a < 1 ? 1 : b < 2",
     "found 'b < 2' (a condition) at column 13, expected a number as before ':'"},
    {number, "a < 1 ? 1", "found the end at column 10, expected ':' and what holds otherwise"},
    {number, "mean(a < 1)", "found 'a < 1' (a condition) at column 6, expected a number"},
    {condition, "(a < 1", "found the end at column 7, expected an operator or the ')' of column 1"},
    {condition, "a < 1)", "found ')' at column 6, expected an operator or the end"},
    {number, "()", "found ')' at column 2, expected a number, a name or '('"},
    {number, "a +", "found the end at column 4, expected a number, a name or '('"},
    {condition, "< 1", "found '<' at column 1, expected a number, a name or '('"},
    {condition, "a < and 1", "found 'and' at column 5, expected a number, a name or '('"},
    {number, "a b", "found 'b' at column 3, expected an operator or the end"},
    {number, "a, b", "found ',' at column 2, expected an operator or the end"},
    {number, "2 a", "found 'a' at column 3, expected an operator or the end"},
    {number, "2a", "found '2a' at column 1, expected a number, such as 12, 0.5 or 1e-3, or a name"},
    {number, "1.2.3",
     "found '1.2.3' at column 1, expected a number, such as 12, 0.5 or 1e-3, or a name"},
    {number, "0x1F",
     "found '0x1F' at column 1, expected a number, such as 12, 0.5 or 1e-3, or a name"},
    {number, "1e999", "found '1e999' at column 1, expected a number that a 64-bit float holds"},
    {number, "log()", "found ')' at column 5, expected a number, a name or '('"},
    {number, "log(a, 2)", "found ',' at column 6, expected one value in log(...)"},
    {number, "min(a)",
     "found ')' at column 6, expected ',' and a second value in min(...); over all rows it is "
     "lowest(...)"},
    {number, "mean(a - mean(a))",
     "found 'mean' at column 10, expected no function over the rows inside another one"},
    {number, "quantile(a)",
     "found ')' at column 11, expected ',' and a share from 0 to 1, such as quantile(a, 0.9)"},
    {number, "quantile(a, 90)", "found '90' at column 13, expected a plain number from 0 to 1"},
    {number, "quantile(a, b)", "found 'b' at column 13, expected a plain number from 0 to 1"},
    {number, "quantile(a, 0.5, 1)",
     "found ',' at column 16, expected an operator or the ')' of column 9"},
};

TEST(Expression, RefusesEachBadOneWithItsPlaceAndReason) {
  for (const Bad& each : kBad)
    EXPECT_EQ(refusal_of(each.text, each.kind), "job.yaml:7: filter: " + std::string(each.message))
        << each.text;
}

TEST(Expression, TakesHostileTexts) {
  const std::string parentheses(100'000, '(');
  EXPECT_EQ(refusal_of(parentheses, condition),
            "job.yaml:7: filter: found 100000 bytes, expected an expression of at most 4096");
  for (const std::string part : {"(", "-", "!", "not ", "abs(", "2^", "a<1?", "a<1?1:", "min(a,"}) {
    std::string text;
    while (text.size() + part.size() <= 4'000) text += part;
    EXPECT_NE(refusal_of(text, condition).find("at most 100 levels of nesting"), std::string::npos)
        << part;
  }
  EXPECT_EQ(refusal_of(std::string(99, '(') + "a" + std::string(99, ')'), number), "accepted");
  EXPECT_NE(refusal_of(std::string("a\0b", 3), number).find("found '"), std::string::npos);
  for (int byte = 0; byte < 256; ++byte)
    static_cast<void>(refusal_of(std::string("a ") + static_cast<char>(byte), condition));
  EXPECT_NE(refusal_of(std::string(4'000, 'x'), number).find("xxx...'"), std::string::npos);
}

TEST(Expression, TakesTheLongestTexts) {
  std::string letters = "b";
  while (letters.size() + 2 <= 4'096) letters += "+b";
  EXPECT_EQ(cells_of(values_of(letters, number))[0], 4.0 * 2'048);
  std::string constants = "0";
  double sum = 0;
  for (int i = 1; constants.size() + 6 <= 4'096; sum += i++) constants += fmt::format("+{}", i);
  EXPECT_EQ(cells_of(values_of(constants, number))[0], sum);
  std::vector<std::string> names;
  std::string text;
  for (char first = 'A'; first <= 'Z'; ++first)
    for (char second = 'A'; second <= 'Z'; ++second) {
      names.push_back({first, second});
      text += (text.empty() ? "" : "-") + names.back();
    }
  EXPECT_EQ(Expression("x", text, number, names).names().size(), 676U);
}

TEST(Expression, SaysWhichColumnsItNeedsAndWhyARowHasNoValue) {
  const Expression expression = read("ifd_ppl < mean(a) and b > 0 and ifd_ppl < 3", condition);
  EXPECT_EQ(expression.names(), (std::vector<std::string>{"ifd_ppl", "a", "b"}));
  const ExpressionValues values = evaluate(expression, 4, columns_of(expression));
  EXPECT_EQ(values.status, (std::vector{ScoreStatus::ok, ScoreStatus::ok, ScoreStatus::empty_answer,
                                        ScoreStatus::ok}));
  EXPECT_EQ(values_of("a / zero", number).status,
            (std::vector{ScoreStatus::non_finite, ScoreStatus::non_finite, ScoreStatus::non_finite,
                         ScoreStatus::not_given}));
}

TEST(Expression, ReportsItsAggregates) {
  const auto aggregates =
      values_of("mean( a ) + mean(a) * std(never) - lowest(b)", number).aggregate;
  ASSERT_EQ(aggregates.size(), 3U);
  EXPECT_EQ(aggregates[0].text, "mean( a )");
  EXPECT_EQ(aggregates[0].value, 2.0);
  EXPECT_EQ(aggregates[1].text, "std(never)");
  EXPECT_EQ(aggregates[1].value, std::nullopt);
  EXPECT_EQ(aggregates[2].value, -2.0);
}

TEST(Expression, HasNoValuesWhereThereAreNoRows) {
  const Expression expression = read("a - mean(a)", number);
  const ExpressionValues values = evaluate(expression, 0, std::vector<ExpressionColumn>(1));
  EXPECT_TRUE(values.value.empty());
  EXPECT_EQ(values.aggregate.at(0).value, std::nullopt);
}

TEST(Expression, WritesNamesAsItReadsThem) {
  EXPECT_EQ(expression_name("SmolLM2-135M.v1"), "SmolLM2_135M_v1");
  EXPECT_EQ(expression_name("modèle 2"), "mod_le_2");
}

}  // namespace
}  // namespace winnow::selection
