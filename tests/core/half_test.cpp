#include "core/half.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace winnow::core {
namespace {

TEST(Half, IsTheNearestWithTiesToEven) {
  EXPECT_EQ(to_half(0.0F).bits, 0x0000);
  EXPECT_EQ(to_half(-0.0F).bits, 0x8000);
  EXPECT_EQ(to_half(1.0F).bits, 0x3C00);
  EXPECT_EQ(to_half(-2.0F).bits, 0xC000);
  EXPECT_EQ(to_half(0.333251953125F).bits, 0x3555);
  EXPECT_EQ(to_half(1.0F + 0.5F / 1024).bits, 0x3C00);
  EXPECT_EQ(to_half(1.0F + 1.5F / 1024).bits, 0x3C02);
  EXPECT_EQ(to_half(65504.0F).bits, 0x7BFF);
  EXPECT_EQ(to_half(65519.99F).bits, 0x7BFF);
  EXPECT_EQ(to_half(65520.0F).bits, 0x7C00);
}

TEST(Half, GoesDownToTheSmallestSubnormal) {
  EXPECT_EQ(to_half(0x1p-14F).bits, 0x0400);
  EXPECT_EQ(to_half(0x1p-24F).bits, 0x0001);
  EXPECT_EQ(to_half(0x1p-25F).bits, 0x0000);
  EXPECT_EQ(to_half(0x1.8p-24F).bits, 0x0002);
  EXPECT_EQ(to_half(-0x1.ffcp-15F).bits, 0x8400);
}

TEST(Half, OfEveryPatternIsItselfAgain) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Half half{static_cast<std::uint16_t>(bits)};
    const float value = to_float(half);
    EXPECT_EQ(is_finite(value), is_finite(half));
    if (!std::isnan(value)) {
      EXPECT_EQ(to_half(value), half) << bits;
    }
  }
}

TEST(Half, KnowsWhatIsNoNumber) {
  EXPECT_TRUE(is_finite(to_half(65504.0F)));
  EXPECT_FALSE(is_finite(to_half(1e6F)));
  EXPECT_FALSE(is_finite(to_half(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_FALSE(is_finite(to_half(-std::numeric_limits<float>::infinity())));
}

}  // namespace
}  // namespace winnow::core
