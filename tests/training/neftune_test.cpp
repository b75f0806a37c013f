#include "training/neftune.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace winnow::training {
namespace {

// A vector of L d uniform numbers in (-m, m) has the expected length m sqrt(L d / 3): alpha /
// sqrt(3).
TEST(Neftune, HasThePublishedMeanAndLength) {
  const std::uint64_t length = 200, width = 576;
  const double alpha = 5, magnitude = neftune_magnitude(alpha, length, width);
  double sum = 0, squares = 0;
  std::vector<float> noise(length * width);
  for (std::uint64_t row = 0; row < 20; ++row) {
    neftune_noise(magnitude, 1, 2, row, noise);
    for (const float x : noise) {
      EXPECT_LT(std::abs(x), magnitude);
      sum += x;
      squares += double{x} * x;
    }
  }
  EXPECT_NEAR(std::sqrt(squares / 20), alpha / std::sqrt(3), 0.01);
  EXPECT_NEAR(sum / (20.0 * 200 * 576), 0, magnitude * 2e-3);
}

TEST(Neftune, DependsOnSeedEpochAndRowAlone) {
  const auto noise = [](std::uint64_t seed, std::uint64_t epoch, std::uint64_t row) {
    std::vector<float> values(9);
    neftune_noise(1, seed, epoch, row, values);
    return values;
  };
  EXPECT_EQ(noise(1, 2, 3), noise(1, 2, 3));
  EXPECT_NE(noise(1, 2, 3), noise(1, 2, 4));
  EXPECT_NE(noise(1, 2, 3), noise(1, 3, 3));
  EXPECT_NE(noise(1, 2, 3), noise(2, 2, 3));
}

}  // namespace
}  // namespace winnow::training
