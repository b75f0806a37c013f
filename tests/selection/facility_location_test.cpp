#include "selection/facility_location.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

#include <gtest/gtest.h>

#include "selection/embeddings.hpp"

namespace winnow::selection {
namespace {

/// The whole matrix, pair by pair.
std::vector<std::vector<double>> matrix(const EmbeddedRows& rows, FacilitySimilarity similarity) {
  const Vectors vectors{rows.values, rows.dimension};
  const auto norm = [](std::span<const float> vector) {
    double squares = 0;
    for (const float x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
    return std::sqrt(squares);
  };
  const auto value = [&](std::span<const float> a, std::span<const float> b) {
    float sum = 0;
    if (similarity == FacilitySimilarity::published) {
      for (std::size_t k = 0; k < a.size(); ++k) {
        const float difference = a[k] - b[k];
        sum += difference * difference;
      }
      return std::exp(-std::sqrt(sum) *
                      static_cast<float>(1.0 / static_cast<double>(rows.dimension)));
    }
    const double norm_a = norm(a);
    const double norm_b = norm(b);
    if (norm_a == 0 || norm_b == 0) return 0.0F;
    for (std::size_t k = 0; k < a.size(); ++k)
      sum = std::fma(static_cast<float>(static_cast<double>(a[k]) / norm_a),
                     static_cast<float>(static_cast<double>(b[k]) / norm_b), sum);
    return sum;
  };
  const std::size_t n = rows.row.size();
  std::vector<std::vector<double>> similarities(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      similarities[i][j] =
          std::ldexp(std::trunc(std::ldexp(static_cast<double>(value(vectors[i], vectors[j])),
                                           kSimilarityBits)),
                     -kSimilarityBits);
  return similarities;
}

double gain_of(const std::vector<double>& similarities, const std::vector<double>& cover) {
  double gain = 0;
  for (std::size_t i = 0; i < cover.size(); ++i) gain += std::max(similarities[i] - cover[i], 0.0);
  return gain;
}

using Picks = std::vector<std::pair<std::size_t, double>>;

/// Every gain at every pick.
Picks plain_greedy(const std::vector<std::vector<double>>& similarities) {
  std::vector<double> cover(similarities.size(), 0.0);
  std::vector<bool> is_picked(similarities.size());
  Picks picks;
  while (picks.size() < similarities.size()) {
    std::pair<std::size_t, double> best{0, -1};
    for (std::size_t i = 0; i < similarities.size(); ++i) {
      const double gain = is_picked[i] ? -1 : gain_of(similarities[i], cover);
      if (gain > best.second) best = {i, gain};
    }
    picks.push_back(best);
    is_picked[best.first] = true;
    for (std::size_t i = 0; i < cover.size(); ++i)
      cover[i] = std::max(cover[i], similarities[best.first][i]);
  }
  return picks;
}

/// submodlib's LazyGreedy.
Picks published_greedy(const std::vector<std::vector<double>>& similarities) {
  std::vector<double> cover(similarities.size(), 0.0);
  std::priority_queue<std::pair<double, std::size_t>> heap;
  for (std::size_t i = 0; i < similarities.size(); ++i)
    heap.emplace(gain_of(similarities[i], cover), i);
  Picks picks;
  while (!heap.empty()) {
    const std::size_t row = heap.top().second;
    heap.pop();
    const double gain = gain_of(similarities[row], cover);
    if (!heap.empty() && gain < heap.top().first) {
      heap.emplace(gain, row);
      continue;
    }
    picks.emplace_back(row, gain);
    for (std::size_t i = 0; i < cover.size(); ++i)
      cover[i] = std::max(cover[i], similarities[row][i]);
  }
  return picks;
}

/// What the picks of the loop are as a selection.
Selection selection_of(const EmbeddedRows& rows, const Picks& picks, bool costed,
                       std::uint64_t amount) {
  Selection selection;
  selection.gain.emplace();
  for (const auto& [row, gain] : picks) {
    const std::uint64_t cost = costed ? rows.cost[row] : 1;
    if (selection.spent == amount || cost > amount - selection.spent) break;
    if (gain == 0 && !selection.filled_from) selection.filled_from = selection.row.size();
    selection.row.push_back(rows.row[row]);
    selection.gain->push_back(gain);
    selection.spent += cost;
  }
  return selection;
}

void expect_equal(const Selection& selection, const Selection& expected) {
  EXPECT_EQ(selection.row, expected.row);
  EXPECT_EQ(selection.gain, expected.gain);
  EXPECT_EQ(selection.spent, expected.spent);
  EXPECT_EQ(selection.filled_from, expected.filled_from);
}

TEST(FacilityLocation, PicksWhatTheLoopsPick) {
  for (const std::size_t count : {0U, 1U, 2U, 31U, 33U, 400U})
    for (const std::size_t width : {1U, 24U})
      for (const auto similarity : {FacilitySimilarity::published, FacilitySimilarity::cosine}) {
        const EmbeddedRows rows(count, width, 0.3);
        const auto similarities = matrix(rows, similarity);
        for (const auto ties : {FacilityTies::smallest_row, FacilityTies::published}) {
          const Picks picks = ties == FacilityTies::published ? published_greedy(similarities)
                                                              : plain_greedy(similarities);
          for (const bool costed : {false, true})
            for (const std::uint64_t amount : {0U, 7U, 90U, 100'000U}) {
              SCOPED_TRACE(testing::Message() << count << " rows of " << width << ", amount "
                                              << amount << ", costs " << costed);
              const Selection selection = facility_location(
                  {rows.row,
                   {},
                   costed ? rows.cost : std::span<const std::uint32_t>(),
                   {rows.values, width}},
                  {similarity, ties, costed ? 0 : std::uint64_t{1} << 20}, amount);
              expect_equal(selection, selection_of(rows, picks, costed, amount));
            }
        }
      }
}

/// The published list is not in the order of rows, and rows are not given in the order of either.
/// The last of the list comes first; then the others' bounds fall to 0 one by one, the largest
/// place first, and the last of them to be looked at reaches the next bound.
TEST(FacilityLocation, PublishedTiesGoByThePublishedList) {
  const std::vector<core::RowId> row{7, 3, 5, 1};
  const std::vector<std::uint64_t> key{2, 4, 4, 9};
  const std::vector<float> values{1, 0, 1, 0, 1, 0, 1, 0};
  const auto picks = [&](FacilityTies ties, std::span<const std::uint64_t> keys) {
    return facility_location({row, keys, {}, {values, 2}}, {FacilitySimilarity::published, ties}, 4)
        .row;
  };
  EXPECT_EQ(picks(FacilityTies::published, key), (std::vector<core::RowId>{1, 7, 5, 3}));
  EXPECT_EQ(picks(FacilityTies::published, {}), (std::vector<core::RowId>{7, 1, 5, 3}));
  EXPECT_EQ(picks(FacilityTies::smallest_row, key), (std::vector<core::RowId>{1, 3, 5, 7}));
}

TEST(FacilityLocation, TakesThousandsOfEqualRows) {
  std::vector<core::RowId> row(10'000);
  std::iota(row.begin(), row.end(), core::RowId{5});
  const std::vector<float> ones(row.size() * 3, 1.0F);
  const std::vector<float> zeros(row.size() * 3, 0.0F);
  const Selection equal = facility_location({row, {}, {}, {ones, 3}}, {}, row.size());
  EXPECT_EQ(equal.row, row);
  EXPECT_EQ(equal.filled_from, 1U);
  const Selection nothing = facility_location({row, {}, {}, {zeros, 3}}, {}, row.size());
  EXPECT_EQ(nothing.row, row);
  EXPECT_EQ(nothing.filled_from, 0U);
}

/// Values of the C library's expf all over the range of unit vectors, whatever the short cut.
TEST(FacilityLocation, ThePublishedSimilarityIsThatOfTheLibrary) {
  constexpr std::size_t kWidth = 384;
  std::vector<float> vectors(64 * kWidth, 0.0F);
  std::vector<std::int32_t> units(64 * core::kTileColumns);
  const std::vector<float> panel(core::kTileColumns * kWidth, 0.0F);
  for (int part = 0; part < 2'000; ++part) {
    for (std::size_t r = 0; r < 64; ++r)
      vectors[r * kWidth] = static_cast<float>(64 * part + static_cast<int>(r)) * 0x1p-14F;
    similarities(FacilitySimilarity::published, vectors, panel, kWidth, units);
    for (std::size_t r = 0; r < 64; ++r) {
      constexpr auto gamma = static_cast<float>(1.0 / kWidth);
      const float similarity = std::exp(-vectors[r * kWidth] * gamma);
      ASSERT_EQ(units[r * core::kTileColumns], static_cast<std::int32_t>(similarity * 0x1p24F));
    }
  }
}

}  // namespace
}  // namespace winnow::selection
