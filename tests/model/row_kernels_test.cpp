#include "model/row_kernels.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace winnow::model {
namespace {

std::vector<float> random_values(std::size_t size, std::uint64_t seed, float scale) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] =
        scale * (static_cast<float>(core::random_word(seed, 0, i) >> 40) / 8388608.0F - 1.0F);
  return values;
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(RowKernels, RmsNormMatchesItsFormula) {
  for (const std::size_t width : {1U, 7U, 64U, 577U}) {
    const std::vector<float> x = random_values(3 * width, 1, 5),
                             weight = random_values(width, 2, 2);
    std::vector<float> out(x.size());
    rms_norm_rows(x, weight, 1e-5F, Rounding::none, out);
    for (std::size_t row = 0; row < 3; ++row) {
      double squares = 0;
      for (std::size_t i = 0; i < width; ++i)
        squares += static_cast<double>(x[row * width + i]) * x[row * width + i];
      const double scale = 1 / std::sqrt(squares / static_cast<double>(width) + 1e-5);
      for (std::size_t i = 0; i < width; ++i)
        EXPECT_NEAR(out[row * width + i], x[row * width + i] * scale * weight[i], 2e-6);
    }
  }
}

TEST(RowKernels, RoundingToBf16IsToTheNearestEven) {
  // 1 + 2^-8 lies between 1 and 1 + 2^-7; 1 + 3 * 2^-8 between 1 + 2^-7 and 1 + 2^-6.
  const std::vector<float> x = {1, 1, 1, 1},
                           weight = {1.00390625F, 1.01171875F, 1.004F, std::nanf("")};
  std::vector<float> out(4);
  rms_norm_rows(x, weight, 0.0F, Rounding::bf16, out);
  EXPECT_EQ(out[0], 1.0F);
  EXPECT_EQ(out[1], 1.015625F);
  EXPECT_EQ(out[2], 1.0078125F);
  EXPECT_TRUE(std::isnan(out[3]));
}

TEST(RowKernels, SiluProductMatchesItsFormula) {
  const std::size_t width = 37;
  std::vector<float> gate_up = random_values(4 * width, 3, 20);
  gate_up[0] = -200;
  gate_up[1] = 200;
  std::vector<float> out(2 * width);
  silu_product_rows(gate_up, width, Rounding::none, out);
  for (std::size_t row = 0; row < 2; ++row)
    for (std::size_t i = 0; i < width; ++i) {
      const double gate = gate_up[2 * row * width + i], up = gate_up[(2 * row + 1) * width + i];
      const double expected = gate / (1 + std::exp(-gate)) * up;
      EXPECT_NEAR(out[row * width + i], expected, 1e-6 + 1e-6 * std::abs(expected)) << gate;
    }
}

TEST(RowKernels, RotationTurnsPairsHalfAHeadApart) {
  std::vector<float> row = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<float> cosines = {0, 1}, sines = {1, 0};
  rotate_row(row, cosines, sines);
  EXPECT_EQ(row, (std::vector<float>{-3, 2, 1, 4, -7, 6, 5, 8}));
}

TEST(RunningLogSum, IsTheSameInAnyPieces) {
  const std::vector<float> logits = random_values(4099, 4, 60);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
  for (const std::size_t piece : {1U, 16U, 1000U, 4099U}) {
    RunningLogSum running = empty_log_sum();
    for (std::size_t at = 0; at < logits.size(); at += piece)
      running.add(std::span(logits).subspan(at, std::min(piece, logits.size() - at)));
    EXPECT_NEAR(running.value(), std::log(sum), 1e-6);
  }
}

TEST(RunningLogSum, KeepsNanAndInfinity) {
  RunningLogSum running = empty_log_sum();
  running.add(std::vector<float>{1, std::nanf(""), 2});
  running.add(std::vector<float>{3, 4});
  EXPECT_TRUE(std::isnan(running.value()));
  running = empty_log_sum();
  running.add(std::vector<float>{1, kInfinity});
  EXPECT_FALSE(std::isfinite(running.value()));
  running = empty_log_sum();
  running.add(std::vector<float>{-kInfinity, 1});
  EXPECT_NEAR(running.value(), 1.0, 1e-6);
}

}  // namespace
}  // namespace winnow::model
