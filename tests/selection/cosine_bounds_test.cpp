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

/// Checks all pairs. @returns the largest distance of a bound from its cosine
double check_bounds(const Vectors& vectors, BoundForm form) {
  const std::vector<double> norm = norms(vectors);
  const RoundedVectors rounded = round_to_unit(vectors, norm, all_of(vectors), form);
  CosineBounds bounds(vectors.dimension, form);
  for (std::size_t v = 0; v < vectors.size(); ++v) bounds.add(rounded, v);
  double widest = 0;
  UpperBounds upper;
  for (std::size_t first = 0; first < vectors.size(); first += core::kTileColumns) {
    bounds.bound(rounded, first / core::kTileColumns, upper);
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
      check_bounds({values, dimension}, form);
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
