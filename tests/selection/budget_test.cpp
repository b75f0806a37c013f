#include "selection/budget.hpp"

#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

std::uint64_t resolved(std::string_view text, std::uint64_t rows) {
  return resolve_budget(parse_budget("select.budget", text), rows);
}

TEST(Budget, CountsRows) {
  EXPECT_EQ(resolved("1000", 52002), 1000U);
  EXPECT_EQ(resolved("1", 0), 1U);
}

TEST(Budget, RoundsAPercentageOfAllRowsDownInDecimal) {
  EXPECT_EQ(resolved("5%", 52002), 2600U);
  EXPECT_EQ(resolved("5 %", 52002), 2600U);
  EXPECT_EQ(resolved("100%", 52002), 52002U);
  // In binary 0.07 x 100 is 7.000000000000001 and 0.29 x 100 is 28.999999999999996.
  EXPECT_EQ(resolved("7%", 100), 7U);
  EXPECT_EQ(resolved("29%", 100), 29U);
  EXPECT_EQ(resolved("0.1%", 1000), 1U);
  EXPECT_EQ(resolved("0.000001%", 100'000'000'000'000ULL), 1'000'000U);
  EXPECT_EQ(resolved("99.999999%", 18'000'000'000'000'000'000ULL), 17'999'999'820'000'000'000ULL);
}

TEST(Budget, CountsTokens) {
  const Budget budget = parse_budget("select.budget", "2M tokens");
  EXPECT_EQ(budget.unit, Budget::Unit::tokens);
  EXPECT_EQ(budget.amount, 2'000'000U);
  EXPECT_EQ(resolved("500k tokens", 10), 500'000U);
  EXPECT_EQ(resolved("1.5M tokens", 10), 1'500'000U);
  EXPECT_EQ(resolved("3G tokens", 10), 3'000'000'000U);
  EXPECT_EQ(resolved("750 tokens", 10), 750U);
}

TEST(Budget, RefusesAnythingElseAndNamesKeyAndValue) {
  for (const char* text : {"",
                           " ",
                           "0",
                           "0%",
                           "0.0%",
                           "0 tokens",
                           "101%",
                           "100.000001%",
                           "-5",
                           "-5%",
                           "5%%",
                           "%",
                           "0.05",
                           "1e3",
                           "1,000",
                           "+5",
                           "5.%",
                           ".5%",
                           "1.2.3%",
                           "0.0000001%",
                           "5 rows",
                           "2M",
                           "2m tokens",
                           "tokens",
                           "M tokens",
                           "1.5 tokens",
                           "9999999999999999",
                           "999999999999999G tokens",
                           "nan",
                           "5%x",
                           "\xd9\xa5"})
    try {
      (void)parse_budget("select.budget", text);
      ADD_FAILURE() << "accepted `" << text << "`";
    } catch (const core::UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("select.budget: `" + std::string(text) + "`"),
                std::string::npos)
          << error.what();
    }
}

TEST(Budget, RefusesMoreThanThereIs) {
  EXPECT_THROW((void)resolved("5%", 19), core::DataError);
  const Budget rows = parse_budget("select.budget", "10");
  EXPECT_NO_THROW(check_available(rows, 10, 10));
  try {
    check_available(rows, 10, 9);
    ADD_FAILURE();
  } catch (const core::DataError& error) {
    EXPECT_STREQ(error.what(), "the budget asks for 10 rows, but only 9 rows are eligible");
  }
  EXPECT_THROW(check_available(parse_budget("select.budget", "10 tokens"), 10, 9), core::DataError);
}

}  // namespace
}  // namespace winnow::selection
