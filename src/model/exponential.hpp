#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace winnow::model {

/// e^x by Cephes' polynomial for x in [-87, 88]; beyond, that of the nearest end; NaN
/// stays NaN.
[[gnu::always_inline]] inline float exponential(float x) {
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  constexpr float kRounder =
      12582912.0F;  // adding 1.5 * 2^23 leaves the nearest integer in the low bits
  const float shifted = std::fma(x, 1.44269504F, kRounder);
  const float n = shifted - kRounder;
  float r = std::fma(n, -0.693359375F, x);
  r = std::fma(n, 2.12194440e-4F, r);
  float p = 1.9875691500e-4F;
  p = std::fma(p, r, 1.3981999507e-3F);
  p = std::fma(p, r, 8.3334519073e-3F);
  p = std::fma(p, r, 4.1665795894e-2F);
  p = std::fma(p, r, 1.6666665459e-1F);
  p = std::fma(p, r, 5.0000001201e-1F);
  p = std::fma(p, r * r, r) + 1.0F;
  const std::uint32_t scale = (std::bit_cast<std::uint32_t>(shifted) << 23) + 0x3F800000U;
  return p * std::bit_cast<float>(scale);
}

}  // namespace winnow::model
