#include "selection/center_comparison.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "selection/embeddings.hpp"
#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

/// Picks that come in portions, and rows that are compared at different times.
void expect_loop(const EmbeddedRows& rows, BoundForm form) {
  const Vectors vectors{rows.values, rows.dimension};
  CenterComparison comparison(vectors, form);
  for (std::size_t seen = 0, portion = 1; seen + portion <= vectors.size();
       portion = portion * 2 + 1) {
    comparison.add(vectors.range(seen, portion));
    seen += portion;
    std::vector<std::size_t> caught_up;
    for (std::size_t row = portion % 5; row < vectors.size(); row += 1 + portion % 7)
      caught_up.push_back(row);
    comparison.catch_up(caught_up);
    for (const std::size_t row : caught_up) {
      ASSERT_TRUE(comparison.is_current(row));
      double nearest = -std::numeric_limits<double>::infinity();
      for (std::size_t pick = 0; pick < seen; ++pick)
        nearest = std::max(nearest, cosine_similarity(vectors[row], vectors[pick]));
      ASSERT_EQ(comparison.similarity(row), nearest) << row << " after " << seen;
    }
  }
}

TEST(CenterComparison, FindsTheNearestPickOfTheLoop) {
  for (const BoundForm form : {BoundForm::bytes, BoundForm::floats})
    for (const double spread : {1e-6, 0.01, 1.0})
      expect_loop(EmbeddedRows(1'500, 40, spread), form);
}

TEST(CenterComparison, TakesVectorsOfAllLengths) {
  EmbeddedRows rows(1'200, 24, 0.5);
  constexpr float kLengths[] = {1, 0, 1e-43F, 1e-39F, 1e30F, 1e37F};
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    rows.values[i] *= kLengths[i / 24 % std::size(kLengths)];
  for (const BoundForm form : {BoundForm::bytes, BoundForm::floats}) expect_loop(rows, form);
}

/// The nearest pick lies along what rounding to bytes takes from the row: the product of bytes
/// sees nothing of it.
TEST(CenterComparison, SeesWhatRoundingTakesFromARow) {
  constexpr std::size_t kDimension = 2'048;
  std::vector<float> values(3 * kDimension);
  const auto vector = [&](std::size_t v) {
    return std::span(values).subspan(v * kDimension, kDimension);
  };
  for (std::size_t i = 1; i < kDimension; ++i) {
    vector(0)[i] = i % 2 == 0 ? 1.0F : -1.0F;
    vector(1)[i] = 1;
    vector(2)[i] = 0.49F;
  }
  vector(0)[0] = 4.5F;
  vector(2)[0] = 127;
  const Vectors vectors{values, kDimension};
  ASSERT_GT(cosine_similarity(vectors[2], vectors[1]), cosine_similarity(vectors[2], vectors[0]));
  CenterComparison comparison(vectors, BoundForm::bytes);
  for (const std::size_t pick : {0U, 1U}) comparison.add(vectors.range(pick, 1));
  comparison.catch_up({2});
  EXPECT_EQ(comparison.similarity(2), cosine_similarity(vectors[2], vectors[1]));
}

}  // namespace
}  // namespace winnow::selection
