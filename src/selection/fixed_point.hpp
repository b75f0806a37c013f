#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace winnow::selection {

/// Numbers cut to multiples of a power of two, as integers: their sum is exact, the same in any
/// order.
class FixedPoint {
 public:
  /// For `count` numbers of at most `largest` in magnitude; the sum of them stays below 2^62.
  FixedPoint(double largest, std::uint64_t count) {
    int exponent = 0;
    std::frexp(largest, &exponent);
    const int shift = 62 - static_cast<int>(std::bit_width(count)) - exponent;
    units_ = std::ldexp(1.0, shift);
    unit_ = std::ldexp(1.0, -shift);
  }

  [[nodiscard]] std::int64_t encode(double value) const {
    return static_cast<std::int64_t>(value * units_);
  }
  [[nodiscard]] double decode(std::int64_t value) const {
    return static_cast<double>(value) * unit_;
  }

 private:
  double units_ = 1;  ///< in 1
  double unit_ = 1;
};

}  // namespace winnow::selection
