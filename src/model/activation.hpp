#pragma once

#include <cmath>

#include "model/exponential.hpp"
#include "model/model_config.hpp"

namespace winnow::model {

[[gnu::always_inline]] inline float hyperbolic_tangent(float x) {
  return 1.0F - 2.0F / (1.0F + exponential(2.0F * x));
}

/// Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7.
[[gnu::always_inline]] inline float error_function(float x) {
  const float magnitude = x < 0 ? -x : x;
  const float t = 1.0F / std::fma(0.3275911F, magnitude, 1.0F);
  float p = 1.061405429F;
  p = std::fma(p, t, -1.453152027F);
  p = std::fma(p, t, 1.421413741F);
  p = std::fma(p, t, -0.284496736F);
  p = std::fma(p, t, 0.254829592F);
  const float result = 1.0F - p * t * exponential(-magnitude * magnitude);
  return x < 0 ? -result : result;
}

/// silu(x) = x sigmoid(x), gelu(x) = x Phi(x) with the error function, or its tanh form.
template <Activation activation>
[[gnu::always_inline]] inline float activated(float x) {
  if constexpr (activation == Activation::silu) return x / (1.0F + exponential(-x));
  if constexpr (activation == Activation::gelu)
    return 0.5F * x * (1.0F + error_function(x * 0.70710678F));
  const float inner = 0.79788456F * std::fma(0.044715F * x * x, x, x);
  return 0.5F * x * (1.0F + hyperbolic_tangent(inner));
}

/// The derivative of activated<activation>.
template <Activation activation>
[[gnu::always_inline]] inline float activation_slope(float x) {
  if constexpr (activation == Activation::silu) {
    const float share = 1.0F / (1.0F + exponential(-x));
    return share * std::fma(x, 1.0F - share, 1.0F);
  }
  if constexpr (activation == Activation::gelu)
    return std::fma(x * 0.39894228F, exponential(-0.5F * x * x),
                    0.5F * (1.0F + error_function(x * 0.70710678F)));
  const float inner = 0.79788456F * std::fma(0.044715F * x * x, x, x);
  const float bent = hyperbolic_tangent(inner);
  const float inner_slope = 0.79788456F * std::fma(0.134145F * x, x, 1.0F);
  return 0.5F * std::fma(x * inner_slope, 1.0F - bent * bent, 1.0F + bent);
}

}  // namespace winnow::model
