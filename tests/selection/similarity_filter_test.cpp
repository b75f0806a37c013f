#include "selection/similarity_filter.hpp"

#include <algorithm>
#include <numeric>

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

TEST(SimilarityFilter, PicksWhatTheLoopPicks) {
  for (const std::size_t count : {0U, 1U, 2U, 63U, 65U, 2'500U})
    for (const double spread : {0.1, 0.4})
      for (const double threshold : {0.5, 0.9, 0.99, 1.0, -0.1}) {
        const EmbeddedRows rows(count, 24, spread);
        for (const std::uint64_t amount :
             {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{90}, std::uint64_t{100'000}})
          for (const bool costed : {false, true}) {
            const Selection selection =
                similarity_filter({rows.row,
                                   rows.score,
                                   costed ? rows.cost : std::span<const std::uint32_t>(),
                                   {rows.values, rows.dimension}},
                                  threshold, amount);
            ASSERT_EQ(selection.row, loop(rows, threshold, amount, costed))
                << count << " rows, spread " << spread << ", threshold " << threshold;
          }
      }
}

/// Cosines that differ from the threshold by less than float32 can tell.
TEST(SimilarityFilter, DecidesAtTheThresholdInFloat64) {
  constexpr std::size_t kWidth = 128;
  EmbeddedRows rows(2'000, kWidth, 0.05);
  const Vectors vectors{rows.values, kWidth};
  for (const std::size_t other : {5U, 900U, 1'999U}) {
    const double cosine = cosine_similarity(vectors[other], vectors[0]);
    for (const double threshold : {std::nextafter(cosine, -1), cosine, std::nextafter(cosine, 2)}) {
      const Selection selection =
          similarity_filter({rows.row, rows.score, {}, {rows.values, kWidth}}, threshold, 2'000);
      ASSERT_EQ(selection.row, loop(rows, threshold, 2'000, false));
    }
    KeptVectors kept(kWidth, cosine);
    kept.keep(vectors[0], norm(vectors[0]));
    std::vector<unsigned char> marks(1);
    const double length = norm(vectors[other]);
    kept.mark_similar({vectors[other], kWidth}, {&length, 1}, marks);
    EXPECT_EQ(marks[0], 0);
    KeptVectors below(kWidth, std::nextafter(cosine, -1));
    below.keep(vectors[0], norm(vectors[0]));
    below.mark_similar({vectors[other], kWidth}, {&length, 1}, marks);
    EXPECT_EQ(marks[0], 1);
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
