#include "selection/cosine_bounds.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

constexpr BoundForm kForms[] = {BoundForm::bytes, BoundForm::floats};

std::vector<std::size_t> all_of(const Vectors& vectors) {
  std::vector<std::size_t> rows(vectors.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

/// Vectors of all kinds of lengths and shapes: among them none, and elements below the smallest
/// normal number.
std::vector<float> odd_vectors(std::size_t dimension) {
  std::mt19937_64 generator(dimension);
  std::normal_distribution<double> normal;
  std::vector<float> values;
  const auto add = [&](const auto& element) {
    for (std::size_t i = 0; i < dimension; ++i) values.push_back(static_cast<float>(element(i)));
  };
  for (const double length : {1.0, 1e-44, 1e-40, 1e-20, 1e19, 1e37}) {
    for (int repeat = 0; repeat < 5; ++repeat)
      add([&](std::size_t) { return length * normal(generator); });
    add([&](std::size_t) { return length; });
    add([&](std::size_t i) { return i == 0 ? length : length / 250; });
    add([&](std::size_t i) { return i % 2 == 0 ? length : -length; });
    add([&](std::size_t i) { return i == dimension / 2 ? -length : 0; });
  }
  add([](std::size_t) { return 0; });
  add([](std::size_t) { return std::numeric_limits<float>::max(); });
  add([](std::size_t) { return -std::numeric_limits<float>::denorm_min(); });
  return values;
}

constexpr float kNoLimit = -std::numeric_limits<float>::infinity();

/// Checks all pairs. @returns the largest distance of a bound from its cosine
double check_bounds(const Vectors& vectors, BoundForm form, float limit = kNoLimit) {
  const std::vector<double> norm = norms(vectors);
  const RoundedVectors rounded = round_to_unit(vectors, norm, all_of(vectors), form);
  CosineBounds bounds(vectors.dimension, form);
  for (std::size_t v = 0; v < vectors.size(); ++v) bounds.add(rounded, v);
  double widest = 0;
  const std::vector<float> limits(vectors.size(), limit);
  UpperBounds upper;
  for (std::size_t first = 0; first < vectors.size(); first += core::kTileColumns) {
    bounds.bound(rounded, first / core::kTileColumns, limits, upper);
    for (std::size_t r = 0; r < vectors.size(); ++r)
      for (std::size_t k = 0; k < std::min(core::kTileColumns, vectors.size() - first); ++k) {
        const float value = upper.value[r * core::kTileColumns + k];
        EXPECT_LE(value, upper.largest[r]);
        const double most = static_cast<double>(value) + static_cast<double>(rounded.error[r]);
        const double cosine =
            cosine_similarity(vectors[r], norm[r], vectors[first + k], norm[first + k]);
        EXPECT_GE(most, cosine) << r << " and " << first + k << " of " << vectors.dimension;
        widest = std::max(widest, most - cosine);
      }
  }
  return widest;
}

TEST(CosineBounds, HoldForVectorsOfAllKinds) {
  for (const BoundForm form : kForms)
    for (const std::size_t dimension : {1U, 2U, 3U, 15U, 16U, 17U, 384U, 1'001U}) {
      const std::vector<float> values = odd_vectors(dimension);
      for (const float limit : {kNoLimit, -0.5F, 0.0F, 0.5F, 0.9F, 1.0F})
        check_bounds({values, dimension}, form, limit);
    }
}

/// Vectors whose leading parts do not tell them apart: equal there, opposite or equal behind.
TEST(CosineBounds, HoldWhereAllFollowsTheLeadingParts) {
  constexpr std::size_t kDimension = 384;
  for (const std::size_t begin : {96U, 100U, 192U, 352U, 383U}) {
    std::mt19937_64 generator(begin);
    std::normal_distribution<float> normal;
    std::vector<float> values;
    for (int v = 0; v < 40; ++v)
      for (std::size_t i = 0; i < kDimension; ++i)
        values.push_back(i < begin ? 0.01F
                                   : (v % 2 == 0 ? 1.0F : -1.0F) + 0.1F * normal(generator));
    for (const BoundForm form : kForms)
      for (const float limit : {0.0F, 0.5F, 0.9F}) check_bounds({values, kDimension}, form, limit);
  }
}

TEST(CosineBounds, AreNear) {
  constexpr std::size_t kDimension = 384;
  std::mt19937_64 generator(5);
  std::normal_distribution<float> normal;
  std::vector<float> values(100 * kDimension);
  for (float& x : values) x = normal(generator);
  EXPECT_LT(check_bounds({values, kDimension}, BoundForm::bytes), 0.06);
  EXPECT_LT(check_bounds({values, kDimension}, BoundForm::floats), 2e-4);
}

TEST(CosineBounds, StopAtALeadingPartThatShowsAllBelowTheLimit) {
  constexpr std::size_t kDimension = 384;
  std::mt19937_64 generator(6);
  std::normal_distribution<float> normal;
  std::vector<float> values(8 * kDimension);
  for (float& x : values) x = normal(generator);
  const Vectors vectors{values, kDimension};
  for (const BoundForm form : kForms) {
    const RoundedVectors rounded = round_to_unit(vectors, norms(vectors), all_of(vectors), form);
    CosineBounds bounds(kDimension, form);
    for (std::size_t v = 1; v < vectors.size(); ++v) bounds.add(rounded, v);
    const RoundedVectors row =
        round_to_unit(vectors, norms(vectors), std::vector<std::size_t>{0}, form);
    UpperBounds whole;
    bounds.bound(row, 0, std::vector<float>{kNoLimit}, whole);
    UpperBounds soon;
    bounds.bound(row, 0, std::vector<float>{0.95F}, soon);
    EXPECT_EQ(soon.largest[0], 0.95F);
    for (std::size_t k = 0; k + 1 < vectors.size(); ++k) {
      EXPECT_GT(soon.value[k], whole.value[k] + 0.3F);
      EXPECT_LE(soon.value[k], 0.95F);
    }
  }
}

/// A vector, and another one along what rounding to bytes takes from the first: as far off as a
/// product can be.
TEST(CosineBounds, HoldWhereRoundingErrorsAddUp) {
  for (const std::size_t dimension : {16U, 384U, 1'000U})
    for (const float sign : {1.0F, -1.0F}) {
      std::mt19937_64 generator(dimension);
      std::normal_distribution<float> normal;
      std::vector<float> values(2 * dimension);
      for (std::size_t i = 0; i < dimension; ++i) values[i] = normal(generator);
      const Vectors vectors{values, dimension};
      const double length = norm(vectors[0]);
      const RoundedVectors rounded = round_to_unit(vectors, std::vector<double>{length, 1},
                                                   std::vector<std::size_t>{0}, BoundForm::bytes);
      double squares = 0;
      for (std::size_t i = 0; i < dimension; ++i) {
        const double left = values[i] / length - static_cast<double>(rounded.step[0]) *
                                                     static_cast<double>(rounded.byte[i]);
        values[dimension + i] = sign * static_cast<float>(left);
        squares += left * left;
      }
      EXPECT_GE(rounded.error[0], std::sqrt(squares));
      check_bounds(vectors, BoundForm::bytes);
    }
}

/// Most of the length is rounded up, by a product of errors too: half a step to a whole one.
TEST(CosineBounds, HoldForCoarseSteps) {
  constexpr std::size_t kDimension = 65'536;
  std::vector<float> values(2 * kDimension, 0.51F);
  values[0] = 127;
  for (std::size_t i = 0; i < kDimension; ++i) values[kDimension + i] = -values[i];
  check_bounds({values, kDimension}, BoundForm::bytes);
}

}  // namespace
}  // namespace winnow::selection
