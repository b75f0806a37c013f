#include "selection/overlap.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace winnow::selection {
namespace {

TEST(Overlap, CountsSharedRowsAndWhatChanceWouldGive) {
  const std::vector<core::RowId> a{1, 3, 5, 7}, b{3, 4, 5};
  const Overlap both = overlap(a, b, 20);
  EXPECT_EQ(both.rows, 2U);
  EXPECT_DOUBLE_EQ(both.jaccard, 2.0 / 5);
  EXPECT_DOUBLE_EQ(both.expected, 4.0 * 3 / 20);
}

}  // namespace
}  // namespace winnow::selection
