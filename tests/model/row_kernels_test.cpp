#include "model/row_kernels.hpp"

#include <cmath>
#include <limits>
#include <numbers>
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
  gated_rows(Activation::silu, gate_up, width, Rounding::none, out);
  for (std::size_t row = 0; row < 2; ++row)
    for (std::size_t i = 0; i < width; ++i) {
      const double gate = gate_up[2 * row * width + i], up = gate_up[(2 * row + 1) * width + i];
      const double expected = gate / (1 + std::exp(-gate)) * up;
      EXPECT_NEAR(out[row * width + i], expected, 1e-6 + 1e-6 * std::abs(expected)) << gate;
    }
}

TEST(RowKernels, ActivationsMatchTheirFormulas) {
  std::vector<float> x = random_values(1000, 5, 12);
  x.insert(x.end(), {0.0F, -0.0F, -300.0F, 300.0F, 1e-6F, -1e-6F});
  std::vector<float> out(x.size());
  const auto compare = [&](Activation activation, auto formula) {
    activated_rows(activation, x, Rounding::none, out);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = formula(static_cast<double>(x[i]));
      EXPECT_NEAR(out[i], expected, 1e-6 + 1e-6 * std::abs(expected)) << x[i];
    }
  };
  compare(Activation::silu, [](double v) { return v / (1 + std::exp(-v)); });
  compare(Activation::gelu, [](double v) { return v * 0.5 * std::erfc(-v / std::sqrt(2.0)); });
  compare(Activation::gelu_tanh, [](double v) {
    const double inner = std::sqrt(2 / std::numbers::pi) * (v + 0.044715 * v * v * v);
    return 0.5 * v * (1 + std::tanh(inner));
  });
}

TEST(RowKernels, ActivationsKeepNan) {
  const std::vector<float> x(20, std::nanf(""));
  std::vector<float> out(x.size());
  for (const Activation activation : {Activation::silu, Activation::gelu, Activation::gelu_tanh}) {
    activated_rows(activation, x, Rounding::none, out);
    for (const float value : out) EXPECT_TRUE(std::isnan(value));
  }
}

TEST(RowKernels, CapMatchesItsFormula) {
  std::vector<float> x = random_values(1000, 6, 200);
  const std::vector<float> before = x;
  cap_rows(x, 30);
  for (std::size_t i = 0; i < x.size(); ++i)
    EXPECT_NEAR(x[i], 30 * std::tanh(static_cast<double>(before[i]) / 30), 1e-5) << before[i];
}

TEST(RowKernels, LayerNormMatchesItsFormula) {
  const std::size_t width = 77;
  std::vector<float> x = random_values(2 * width, 7, 3);
  for (float& value : x) value += 50;
  const std::vector<float> weight = random_values(width, 8, 2), bias = random_values(width, 9, 2);
  std::vector<float> out(x.size());
  layer_norm_rows(x, weight, bias, 1e-5F, Rounding::none, out);
  for (std::size_t row = 0; row < 2; ++row) {
    const std::span<const float> of_row = std::span(x).subspan(row * width, width);
    double mean = 0, variance = 0;
    for (const float value : of_row) mean += value / static_cast<double>(width);
    for (const float value : of_row)
      variance += (value - mean) * (value - mean) / static_cast<double>(width);
    for (std::size_t i = 0; i < width; ++i)
      EXPECT_NEAR(out[row * width + i],
                  (of_row[i] - mean) / std::sqrt(variance + 1e-5) * weight[i] + bias[i], 2e-5);
  }
}

TEST(RowKernels, RotationLeavesTheRestOfAHead) {
  std::vector<float> row = {1, 2, 3, 4, 5, 6};
  rotate_row(row, 3, std::vector<float>{0}, std::vector<float>{1});
  EXPECT_EQ(row, (std::vector<float>{-2, 1, 3, -5, 4, 6}));
}

TEST(RowKernels, RotationTurnsPairsHalfAHeadApart) {
  std::vector<float> row = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<float> cosines = {0, 1}, sines = {1, 0};
  rotate_row(row, 2 * cosines.size(), cosines, sines);
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
