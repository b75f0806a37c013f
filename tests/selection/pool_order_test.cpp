#include "selection/pool_order.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace winnow::selection {
namespace {

using Rows = std::vector<core::RowId>;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Rows 0..7; the pool are the first six of the order.
const Rows kOrder = {4, 0, 5, 1, 2, 3, 6, 7};
const std::vector<double> kScore = {0.5, 1.5, 0.9, kNone, 0.7, 1.2, 0.95, 1.1};

TEST(PoolOrder, IsTheReleasedCodesWhereFaithful) {
  // Picks 2, 4; of the pool 1 or more: 5, 1 as they stood; the rest: 0; without a score: 3; behind.
  EXPECT_EQ(order_behind_selection(kOrder, 6, Rows{2, 4}, kScore, true),
            (Rows{2, 4, 5, 1, 0, 6, 7}));
}

TEST(PoolOrder, TakesTheHighestOfAllRowsElse) {
  EXPECT_EQ(order_behind_selection(kOrder, 6, Rows{2, 4}, kScore, false),
            (Rows{2, 4, 6, 0, 7, 5, 1}));
}

TEST(PoolOrder, TiesGoByPlaceWhereFaithfulElseByRow) {
  const std::vector<double> equal(4, 0.5);
  EXPECT_EQ(order_behind_selection(Rows{3, 1, 0, 2}, 4, Rows{0}, equal, true), (Rows{0, 3, 1, 2}));
  EXPECT_EQ(order_behind_selection(Rows{3, 1, 0, 2}, 4, Rows{0}, equal, false), (Rows{0, 1, 2, 3}));
}

TEST(PoolOrder, NamesARowOnceThatWasPickedTwice) {
  const std::vector<double> score = {0.5, 0.6};
  EXPECT_EQ(order_behind_selection(Rows{0, 1}, 2, Rows{1, 1}, score, true), (Rows{1, 0}));
}

}  // namespace
}  // namespace winnow::selection
