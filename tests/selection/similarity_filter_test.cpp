#include "selection/similarity_filter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "selection/embeddings.hpp"
#include "selection/kept_vectors.hpp"
#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

/// Deita's loop: each row in order against every pick, one by one.
std::vector<core::RowId> loop(const EmbeddedRows& rows, double threshold, std::uint64_t amount,
                              bool costed) {
  std::vector<std::size_t> order(rows.row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return rows.score[i]; });
  const Vectors vectors{rows.values, rows.dimension};
  std::vector<std::size_t> kept;
  std::uint64_t spent = 0;
  for (const std::size_t i : order) {
    if (spent == amount) break;
    if (std::ranges::any_of(kept, [&](std::size_t k) {
          return cosine_similarity(vectors[i], vectors[k]) > threshold;
        }))
      continue;
    const std::uint64_t cost = costed ? rows.cost[i] : 1;
    if (cost > amount - spent) break;
    spent += cost;
    kept.push_back(i);
  }
  std::vector<core::RowId> picks;
  for (const std::size_t i : kept) picks.push_back(rows.row[i]);
  return picks;
}

constexpr BoundForm kForms[] = {BoundForm::bytes, BoundForm::floats};

TEST(SimilarityFilter, PicksWhatTheLoopPicks) {
  for (const std::size_t count : {0U, 1U, 2U, 63U, 65U, 2'500U})
    for (const double spread : {0.1, 0.4})
      for (const double threshold : {0.5, 0.9, 0.99, 1.0, -0.1}) {
        const EmbeddedRows rows(count, 24, spread);
        for (const std::uint64_t amount :
             {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{90}, std::uint64_t{100'000}})
          for (const bool costed : {false, true}) {
            const ScoredVectors scored{rows.row,
                                       rows.score,
                                       costed ? rows.cost : std::span<const std::uint32_t>(),
                                       {rows.values, rows.dimension}};
            const std::vector<core::RowId> expected = loop(rows, threshold, amount, costed);
            for (const BoundForm form : kForms)
              ASSERT_EQ(similarity_filter(scored, threshold, amount, form).row, expected)
                  << count << " rows, spread " << spread << ", threshold " << threshold;
          }
      }
}

/// Rows whose cosine with the first one lies this near to a threshold, from 1e-1 to nothing, scaled
/// to all lengths that float32 has.
EmbeddedRows rows_around(double threshold, std::size_t width) {
  EmbeddedRows rows(0, width, 0);
  std::mt19937_64 generator(width);
  std::normal_distribution<double> normal;
  std::vector<double> first(width), other(width);
  const auto draw = [&](std::vector<double>& vector) {
    for (double& x : vector) x = normal(generator);
  };
  const auto length_of = [](const std::vector<double>& vector) {
    return std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0));
  };
  const auto add = [&](const std::vector<double>& vector, double length) {
    rows.row.push_back(rows.row.size());
    rows.score.push_back(-static_cast<double>(rows.row.size()));
    for (const double x : vector) rows.values.push_back(static_cast<float>(x * length));
  };
  draw(first);
  const double norm_of_first = length_of(first);
  for (double& x : first) x /= norm_of_first;
  add(first, 1);
  for (const double length : {1.0, 1e-43, 1e-39, 1e-30, 1e30, 1e37})
    for (int power = 1; power <= 17; ++power)
      for (const double sign : {1.0, -1.0}) {
        draw(other);
        const double along = std::inner_product(other.begin(), other.end(), first.begin(), 0.0);
        for (std::size_t i = 0; i < width; ++i) other[i] -= along * first[i];
        const double norm_of_other = length_of(other);
        const double cosine = std::clamp(threshold + sign * std::pow(10, -power), -1.0, 1.0);
        for (std::size_t i = 0; i < width; ++i)
          other[i] = cosine * first[i] + std::sqrt(1 - cosine * cosine) * other[i] / norm_of_other;
        add(other, length);
      }
  return rows;
}

/// Cosines that differ from the threshold by less than bytes, or float32, can tell, or not at all.
TEST(SimilarityFilter, DecidesAtTheThresholdInFloat64) {
  for (const std::size_t width : {48U, 384U})
    for (const double around : {0.9, 0.5, 0.0, -0.3, 1.0}) {
      const EmbeddedRows rows = rows_around(around, width);
      const Vectors vectors{rows.values, width};
      const ScoredVectors scored{rows.row, rows.score, {}, vectors};
      std::vector<double> thresholds{around, std::nextafter(around, -2), std::nextafter(around, 2)};
      for (const std::size_t other : {7U, 30U, 33U, 100U, 203U}) {
        const double tie = cosine_similarity(vectors[other], vectors[0]);
        for (const double each : {tie, std::nextafter(tie, -2), std::nextafter(tie, 2)})
          thresholds.push_back(each);
      }
      for (const double threshold : thresholds) {
        const std::vector<core::RowId> expected = loop(rows, threshold, 1'000, false);
        for (const BoundForm form : kForms)
          ASSERT_EQ(similarity_filter(scored, threshold, 1'000, form).row, expected)
              << "around " << around << ", threshold " << threshold;
      }
    }
}

TEST(SimilarityFilter, IsStrictAtTheThreshold) {
  const EmbeddedRows rows(2'000, 128, 0.05);
  const Vectors vectors{rows.values, 128};
  const double length = norm(vectors[0]);
  for (const std::size_t other : {5U, 900U, 1'999U}) {
    const double cosine = cosine_similarity(vectors[other], vectors[0]);
    const double other_length = norm(vectors[other]);
    for (const BoundForm form : kForms)
      for (const double threshold : {cosine, std::nextafter(cosine, -1)}) {
        KeptVectors kept(128, threshold, form);
        kept.keep(vectors[0], length);
        std::vector<unsigned char> marks(1);
        kept.mark_similar({vectors[other], 128}, {&other_length, 1}, marks);
        EXPECT_EQ(marks[0], threshold == cosine ? 0 : 1);
      }
  }
}

TEST(SimilarityFilter, AVectorWithoutLengthIsLikeNone) {
  const std::vector<core::RowId> row{0, 1, 2, 3};
  const std::vector<double> score{4, 3, 2, 1};
  const std::vector<float> values{0, 0, 0, 0, 1, 0, 2, 0};
  const Selection selection = similarity_filter({row, score, {}, {values, 2}}, 0.5, 4);
  EXPECT_EQ(selection.row, (std::vector<core::RowId>{0, 1, 2}));
}

}  // namespace
}  // namespace winnow::selection
