#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace winnow::core {

/// An IEEE 754 binary16 number, for storage only.
struct Half {
  std::uint16_t bits = 0;
  bool operator==(const Half&) const = default;
};

/// The nearest half-precision number, ties to even; infinity from 65520 on.
[[nodiscard]] inline Half to_half(float value) {
  constexpr std::uint32_t kInfinity = 0x7F800000, kRoundsToInfinity = 0x477FF000,
                          kSmallestNormal = 0x38800000, kRebias = 0x38000000;
  constexpr float kPerSubnormalStep = 16777216.0F;  // 2^24
  const auto all = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = all >> 16 & 0x8000, magnitude = all & 0x7FFFFFFF;
  std::uint32_t half = 0;
  if (magnitude > kInfinity)
    half = 0x7E00;
  else if (magnitude >= kRoundsToInfinity)
    half = 0x7C00;
  else if (magnitude >= kSmallestNormal)
    half = (magnitude + 0xFFF + (magnitude >> 13 & 1) - kRebias) >> 13;
  else
    half = static_cast<std::uint32_t>(std::nearbyint(std::abs(value) * kPerSubnormalStep));
  return {static_cast<std::uint16_t>(sign | half)};
}

/// The same number in single precision.
[[nodiscard]] inline float to_float(Half value) {
  const std::uint32_t sign = (value.bits & 0x8000U) << 16, magnitude = value.bits & 0x7FFFU;
  if (magnitude < 0x400)  // subnormal: steps of 2^-24
    return std::bit_cast<float>(
        sign | std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) / 16777216.0F));
  const std::uint32_t rebias = magnitude < 0x7C00 ? 0x38000000 : 0x70000000;
  return std::bit_cast<float>(sign | ((magnitude << 13) + rebias));
}

[[nodiscard]] inline bool is_finite(float value) { return std::isfinite(value); }
[[nodiscard]] inline bool is_finite(Half value) { return (value.bits & 0x7C00) != 0x7C00; }

}  // namespace winnow::core
