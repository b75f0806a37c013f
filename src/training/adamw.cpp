#include "training/adamw.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "core/vector_clones.hpp"

namespace winnow::training {
namespace {

/// The factors of one step, rounded once.
struct Factors {
  float decay, beta1, one_minus_beta1, beta2, one_minus_beta2, step_size, root_correction, epsilon;
};

Factors factors_of(const AdamwRule& rule, const AdamwStep& step) {
  const auto count = static_cast<double>(step.step);
  return {.decay = static_cast<float>(1 - step.learning_rate * step.weight_decay),
          .beta1 = static_cast<float>(rule.beta1),
          .one_minus_beta1 = static_cast<float>(1 - rule.beta1),
          .beta2 = static_cast<float>(rule.beta2),
          .one_minus_beta2 = static_cast<float>(1 - rule.beta2),
          .step_size = static_cast<float>(step.learning_rate / (1 - std::pow(rule.beta1, count))),
          .root_correction = static_cast<float>(std::sqrt(1 - std::pow(rule.beta2, count))),
          .epsilon = static_cast<float>(rule.epsilon)};
}

constexpr std::uint32_t kMagnitude = 0x7fffffff;
constexpr std::uint32_t kInfinity = std::bit_cast<std::uint32_t>(HUGE_VALF);

// Multiplications and additions are fused the same way for every instruction set. The largest
// magnitude of the new weights, by its bits: those of NaN are above infinity's.
WINNOW_VECTOR_CLONES std::uint32_t update(const AdamwState& state, const float* gradients,
                                          float scale, const Factors& by) {
  float* const weights = state.weights.data();
  float* const first = state.first_moment.data();
  float* const second = state.second_moment.data();
  const std::size_t count = state.weights.size();
  std::uint32_t largest = 0;
#pragma omp simd reduction(max : largest)
  for (std::size_t i = 0; i < count; ++i) {
    const float gradient = gradients[i] * scale;
    first[i] = std::fma(first[i], by.beta1, gradient * by.one_minus_beta1);
    second[i] = std::fma(second[i], by.beta2, gradient * gradient * by.one_minus_beta2);
    const float root = std::sqrt(second[i]) / by.root_correction + by.epsilon;
    weights[i] = std::fma(-by.step_size, first[i] / root, weights[i] * by.decay);
    largest = std::max(largest, std::bit_cast<std::uint32_t>(weights[i]) & kMagnitude);
  }
  return largest;
}

}  // namespace

bool adamw(const AdamwState& state, std::span<const float> gradients, const AdamwRule& rule,
           const AdamwStep& step) {
  return update(state, gradients.data(), step.gradient_scale, factors_of(rule, step)) < kInfinity;
}

}  // namespace winnow::training
