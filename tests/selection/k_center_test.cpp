#include "selection/k_center.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "selection/embeddings.hpp"
#include "selection/ranking.hpp"
#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

struct Loop {
  std::vector<core::RowId> row;
  std::vector<double> gain;
};

/// Gonzalez's loop: every row against every pick, one by one.
Loop loop(const EmbeddedRows& rows, std::uint64_t seed, std::uint64_t amount, bool costed) {
  const Vectors vectors{rows.values, rows.dimension};
  const std::size_t count = rows.row.size();
  const std::vector<std::uint64_t> keys = random_keys(rows.row, seed);
  std::vector<double> distance(count, std::numeric_limits<double>::infinity());
  std::vector<bool> is_pick(count, false);
  Loop picks;
  std::uint64_t spent = 0;
  while (picks.row.size() < count) {
    std::size_t best = count;
    for (std::size_t i = 0; i < count; ++i) {
      if (is_pick[i]) continue;
      const bool is_first = picks.row.empty();
      if (best == count || (is_first ? keys[i] < keys[best] : distance[i] > distance[best]))
        best = i;
    }
    const std::uint64_t cost = costed ? rows.cost[best] : 1;
    if (cost > amount - spent || spent == amount) break;
    spent += cost;
    is_pick[best] = true;
    picks.row.push_back(rows.row[best]);
    picks.gain.push_back(distance[best]);
    for (std::size_t i = 0; i < count; ++i) {
      const double each = 1 - cosine_similarity(vectors[i], vectors[best]);
      distance[i] = std::min(distance[i], each > kCopyDistance ? each : 0);
    }
  }
  return picks;
}

Selection select(const EmbeddedRows& rows, std::uint64_t seed, std::uint64_t amount,
                 bool costed = false) {
  return k_center({rows.row,
                   costed ? rows.cost : std::span<const std::uint32_t>(),
                   {rows.values, rows.dimension}},
                  seed, amount);
}

TEST(KCenter, PicksWhatTheLoopPicks) {
  for (const std::size_t count : {0U, 1U, 2U, 65U, 1'024U, 1'025U, 2'500U})
    for (const double spread : {0.0, 0.1, 1.0})
      for (const bool costed : {false, true})
        for (const std::uint64_t amount :
             {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{70}, std::uint64_t{600}}) {
          const EmbeddedRows rows(count, 24, spread);
          const Selection selection = select(rows, count, amount, costed);
          const Loop expected = loop(rows, count, amount, costed);
          ASSERT_EQ(selection.row, expected.row) << count << " rows, spread " << spread;
          ASSERT_EQ(selection.gain, expected.gain);
        }
}

TEST(KCenter, TakesAllRowsAndSaysWhereCopiesBegin) {
  const EmbeddedRows rows(1'500, 8, 0.3);
  const Selection selection = select(rows, 3, 10'000);
  const Loop expected = loop(rows, 3, 10'000, false);
  EXPECT_EQ(selection.row, expected.row);
  EXPECT_EQ(selection.gain, expected.gain);
  EXPECT_EQ(selection.spent, 1'500U);
  const auto first_copy = std::ranges::find(expected.gain, 0.0) - expected.gain.begin();
  ASSERT_LT(first_copy, 1'500);
  EXPECT_EQ(selection.filled_from, static_cast<std::size_t>(first_copy));
  EXPECT_TRUE(std::ranges::is_sorted(
      std::span(selection.row).subspan(static_cast<std::size_t>(first_copy))));
}

/// Distances far below what float32 can tell.
TEST(KCenter, DecidesInFloat64) {
  const EmbeddedRows rows(900, 64, 1e-5);
  const Selection selection = select(rows, 0, 900);
  const Loop expected = loop(rows, 0, 900, false);
  EXPECT_EQ(selection.row, expected.row);
  EXPECT_EQ(selection.gain, expected.gain);
  EXPECT_LT(selection.gain->at(100), 1e-9);
  EXPECT_GT(selection.gain->at(100), 0);
}

/// The same where rows wait for their comparison: more of them than a pool holds.
TEST(KCenter, DecidesInFloat64AmongManyPicks) {
  const EmbeddedRows rows(3'000, 8, 1e-5);
  const Selection selection = select(rows, 0, 1'200);
  const Loop expected = loop(rows, 0, 1'200, false);
  EXPECT_EQ(selection.row, expected.row);
  EXPECT_EQ(selection.gain, expected.gain);
}

TEST(KCenter, TenThousandCopiesFollowByRowId) {
  EmbeddedRows rows(10'001, 4, 0.0);
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    rows.values[i] = i < 4 ? 1.0F - static_cast<float>(i) : 0.3F;
  const Selection selection = select(rows, 1, 10'001);
  ASSERT_EQ(selection.row.size(), 10'001U);
  EXPECT_EQ(selection.filled_from, std::size_t{2});
  EXPECT_TRUE(std::ranges::is_sorted(std::span(selection.row).subspan(2)));
}

TEST(KCenter, VectorsWithoutLengthAreFarFromAll) {
  const std::vector<core::RowId> row{4, 5, 6, 7, 8};
  const std::vector<float> values{1, 0, 0, 0, 1, 0.1F, 0, 0, 1, 0};
  const Selection selection = k_center({row, {}, {values, 2}}, 0, 5);
  const std::vector<std::uint64_t> keys = random_keys(row, 0);
  const auto first = static_cast<std::size_t>(std::ranges::min_element(keys) - keys.begin());
  EXPECT_EQ(selection.row.front(), row[first]);
  EXPECT_EQ(selection.gain->at(1), 1.0);
  EXPECT_EQ(selection.gain->at(2), 1.0);
  EXPECT_EQ(selection.row.size(), 5U);
}

TEST(KCenter, FollowsTheSeed) {
  const EmbeddedRows rows(500, 8, 1.0);
  EXPECT_NE(select(rows, 1, 10).row, select(rows, 2, 10).row);
  EXPECT_EQ(select(rows, 1, 1).gain->front(), std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace winnow::selection
