#include "selection/ranking.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Position, KeysOrderAsTheirValuesAndGiveThemBack) {
  const std::array<double, 9> ascending{-kInfinity, -1e300, -1.0,  -5e-324,  0.0,
                                        5e-324,     1.0,    1e300, kInfinity};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (const Direction direction : {Direction::ascending, Direction::descending})
      EXPECT_EQ(value_of_key(order_key(ascending[i], direction), direction), ascending[i]);
    if (i == 0) continue;
    EXPECT_LT(order_key(ascending[i - 1], Direction::ascending),
              order_key(ascending[i], Direction::ascending));
    EXPECT_GT(order_key(ascending[i - 1], Direction::descending),
              order_key(ascending[i], Direction::descending));
  }
  EXPECT_EQ(order_key(-0.0, Direction::ascending), order_key(0.0, Direction::ascending));
}

TEST(Ranking, TakesTheBestWithTiesByRow) {
  const std::vector<core::RowId> row{3, 5, 8, 9, 12};
  const std::vector<double> value{0.5, 0.75, -1.0, 0.75, 0.5};
  const Selection largest = ranking(row, value, Direction::descending, {}, 3);
  EXPECT_EQ(largest.row, (std::vector<core::RowId>{5, 9, 3}));
  EXPECT_EQ(largest.score, (std::vector<double>{0.75, 0.75, 0.5}));
  EXPECT_EQ(largest.spent, 3U);
  EXPECT_FALSE(largest.gain.has_value());
  EXPECT_EQ(ranking(row, value, Direction::ascending, {}, 2).row, (std::vector<core::RowId>{8, 3}));
  EXPECT_EQ(ranking(row, value, Direction::ascending, {}, 99).row.size(), 5U);
  EXPECT_TRUE(ranking({}, {}, Direction::ascending, {}, 99).row.empty());
}

TEST(Ranking, StopsAtTheFirstRowThatDoesNotFitTheTokens) {
  const std::vector<core::RowId> row{0, 1, 2, 3};
  const std::vector<double> value{4, 3, 2, 1};
  const std::vector<std::uint32_t> tokens{10, 30, 5, 1};
  const Selection selection = ranking(row, value, Direction::descending, tokens, 20);
  EXPECT_EQ(selection.row, (std::vector<core::RowId>{0}));
  EXPECT_EQ(selection.spent, 10U);
  EXPECT_EQ(ranking(row, value, Direction::descending, tokens, 46).row.size(), 4U);
}

TEST(Ranking, HasNoPlaceForNaN) {
  const std::vector<core::RowId> row{0};
  const std::vector<double> value{std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THROW((void)ranking(row, value, Direction::ascending, {}, 1), core::InternalError);
}

TEST(RandomSubset, IsAUniformSampleThatTheSeedDecides) {
  std::vector<core::RowId> row(10'000);
  std::iota(row.begin(), row.end(), core::RowId{0});
  const std::vector<core::RowId> sample = random_subset(row, 1, {}, 2'000).row;
  std::vector<core::RowId> sorted = sample;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
  EXPECT_NE(sample, sorted);
  EXPECT_EQ(random_subset(row, 1, {}, 2'000).row, sample);
  EXPECT_NE(random_subset(row, 2, {}, 2'000).row, sample);
  // A larger sample begins with the smaller one; ten bands of the file get 200 each, give or take 5
  // standard deviations.
  const std::vector<core::RowId> larger = random_subset(row, 1, {}, 3'000).row;
  EXPECT_TRUE(std::equal(sample.begin(), sample.end(), larger.begin()));
  for (core::RowId band = 0; band < 10; ++band) {
    const auto count = std::count_if(sample.begin(), sample.end(),
                                     [&](core::RowId each) { return each / 1000 == band; });
    EXPECT_NEAR(static_cast<double>(count), 200.0, 64.0);
  }
}

TEST(Vanilla, IsEveryRowInFileOrder) {
  const std::vector<core::RowId> row{0, 1, 4};
  EXPECT_EQ(vanilla(row).row, row);
  EXPECT_EQ(vanilla(row).spent, 3U);
}

}  // namespace
}  // namespace winnow::selection
