#pragma once

#include <concepts>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::core {

/// Integer conversion that throws InternalError instead of changing the value.
template <std::integral To, std::integral From>
[[nodiscard]] constexpr To checked_cast(From value) {
  if (!std::in_range<To>(value))
    throw InternalError(fmt::format("integer {} does not fit {} bits", value, 8 * sizeof(To)));
  return static_cast<To>(value);
}

/// a * b, or InternalError on overflow. Sizes read from files are multiplied only through this.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T checked_multiply(T a, T b) {
  if (b != 0 && a > std::numeric_limits<T>::max() / b)
    throw InternalError(fmt::format("{} x {} overflows {} bits", a, b, 8 * sizeof(T)));
  return static_cast<T>(a * b);
}

}  // namespace winnow::core
