#include "selection/expression_mpi.hpp"

#include <cmath>
#include <cstring>
#include <functional>

#include <gtest/gtest.h>

#include "core/partition.hpp"
#include "core/random.hpp"

namespace winnow::selection {
namespace {

struct Column {
  std::vector<double> value;
  std::vector<core::ScoreStatus> status;
};

/// Values of many magnitudes and signs; each seventh is undefined.
Column random_column(std::size_t rows, std::uint64_t seed) {
  Column column;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto mantissa = static_cast<double>(core::random_word(seed, 1, i) % 20'001) - 10'000;
    const auto exponent = static_cast<int>(core::random_word(seed, 2, i) % 60) - 30;
    column.value.push_back(std::ldexp(mantissa, exponent));
    column.status.push_back(core::random_word(seed, 3, i) % 7 == 0 ? core::ScoreStatus::empty_answer
                                                                   : core::ScoreStatus::ok);
  }
  return column;
}

using IsMine = std::function<bool(std::size_t row)>;

Column part_of(const Column& whole, const IsMine& is_mine) {
  Column part;
  for (std::size_t i = 0; i < whole.value.size(); ++i)
    if (is_mine(i)) {
      part.value.push_back(whole.value[i]);
      part.status.push_back(whole.status[i]);
    }
  return part;
}

bool is_same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

std::vector<std::optional<double>> numbers_of(std::span<const AggregateValue> aggregates) {
  std::vector<std::optional<double>> numbers;
  for (const AggregateValue& each : aggregates) numbers.push_back(each.value);
  return numbers;
}

void expect_same_everywhere(const mpi::Communicator& world, std::size_t rows,
                            const IsMine& is_mine) {
  const std::vector<std::string> names{"x", "y"};
  const Column x = random_column(rows, 5);
  const Column y = random_column(rows, 6);
  for (const char* text :
       {"mean(x)", "std(x + y)", "median(x)", "median(x * y)", "quantile(x, 0.9)",
        "quantile(y, 0.123)", "lowest(x)", "highest(y)",
        "x - mean(y) * quantile(x, 0) + median(log(y))", "x + y", "mean(1 / (x - x))"}) {
    const Expression expression("here", text, ExpressionKind::number, names);
    const auto columns_of = [&](const Column& of_x, const Column& of_y) {
      std::vector<ExpressionColumn> columns;
      for (const std::string& name : expression.names()) {
        const Column& column = name == "x" ? of_x : of_y;
        columns.push_back({column.value, column.status});
      }
      return columns;
    };
    const Column my_x = part_of(x, is_mine);
    const Column my_y = part_of(y, is_mine);
    const ExpressionValues mine =
        evaluate_mpi(world, expression, my_x.value.size(), columns_of(my_x, my_y));
    const ExpressionValues alone = evaluate(expression, rows, columns_of(x, y));
    const Column expected = part_of({alone.value, alone.status}, is_mine);
    EXPECT_TRUE(is_same_bits(mine.value, expected.value)) << text << ", " << rows << " rows";
    EXPECT_EQ(mine.status, expected.status) << text;
    EXPECT_EQ(numbers_of(mine.aggregate), numbers_of(alone.aggregate)) << text;
  }
}

TEST(ExpressionMpi, GivesTheSameBitsForAnySplit) {
  const mpi::Communicator world = mpi::Communicator::world();
  const auto size = static_cast<std::uint64_t>(world.size());
  const auto rank = static_cast<std::uint64_t>(world.rank());
  for (const std::size_t rows : {0U, 1U, 2U, 5U, 1'000U}) {
    expect_same_everywhere(
        world, rows, [&](std::size_t row) { return core::owner_of(rows, size, row) == rank; });
    expect_same_everywhere(world, rows, [&](std::size_t row) { return row % size == rank; });
    expect_same_everywhere(world, rows, [&](std::size_t) { return rank + 1 == size; });
  }
}

}  // namespace
}  // namespace winnow::selection
