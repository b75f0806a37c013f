#include "selection/iterit.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace winnow::selection {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(RoundToBf16, RoundsToNearestEven) {
  EXPECT_EQ(round_to_bf16(0.99609375), 0.99609375);
  EXPECT_EQ(round_to_bf16(0.9980468), 0.99609375);
  EXPECT_EQ(round_to_bf16(0.998046875), 1.0);  // halfway between 0.99609375 (odd) and 1.0
  EXPECT_EQ(round_to_bf16(0.998046874), 1.0);  // float32 already rounds it to the half
  EXPECT_EQ(round_to_bf16(1.00390625), 1.0);   // halfway between 1.0 (even) and 1.0078125
  EXPECT_EQ(round_to_bf16(1.01171875), 1.015625);
  EXPECT_EQ(round_to_bf16(0.0), 0.0);
  EXPECT_EQ(round_to_bf16(std::numeric_limits<double>::infinity()),
            std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(round_to_bf16(kNan)));
}

TEST(IfdCandidates, AreStrictlyBelowOneAfterTheRounding) {
  const std::vector<core::RowId> row{0, 1, 2, 3, 4};
  const std::vector<double> ifd{0.5, 1.0, 0.9985, kNan, 1.2};
  EXPECT_EQ(ifd_candidates(row, ifd, false).row, (std::vector<core::RowId>{0, 2}));
  EXPECT_EQ(ifd_candidates(row, ifd, false).score, (std::vector<double>{0.5, 0.9985}));
  EXPECT_EQ(ifd_candidates(row, ifd, true).row, (std::vector<core::RowId>{0}));
}

TEST(PoolOrder, IsPicksThenOneAndAboveThenTheRestByScore) {
  const std::vector<core::RowId> row{0, 1, 2, 3, 4, 5, 6};
  const std::vector<double> score{0.5, 1.25, 0.75, kNan, 1.0, 0.5, 0.9};
  const std::vector<core::RowId> picked{2, 0, 0};
  EXPECT_EQ(pool_order(picked, row, score), (std::vector<core::RowId>{2, 0, 0, 1, 4, 6, 5}));
}

}  // namespace
}  // namespace winnow::selection
