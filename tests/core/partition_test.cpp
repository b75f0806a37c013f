#include "core/partition.hpp"

#include <gtest/gtest.h>

#include "core/checked_cast.hpp"

namespace winnow::core {
namespace {

TEST(BlockRange, CoversEveryItemOnceInOrderAndOwnerAgrees) {
  for (const std::uint64_t n : {0U, 1U, 2U, 5U, 7U, 64U, 1000U})
    for (const std::uint64_t size : {1U, 2U, 3U, 4U, 7U, 16U}) {
      std::uint64_t next = 0;
      for (std::uint64_t rank = 0; rank < size; ++rank) {
        const RowRange range = block_range(n, size, rank);
        EXPECT_EQ(range.begin, next);
        for (std::uint64_t item = range.begin; item < range.end; ++item)
          EXPECT_EQ(owner_of(n, size, item), rank);
        next = range.end;
      }
      EXPECT_EQ(next, n);
    }
}

TEST(CheckedCast, RefusesToChangeAValue) {
  EXPECT_EQ(checked_cast<std::uint8_t>(255), 255);
  EXPECT_THROW((void)checked_cast<std::uint8_t>(256), InternalError);
  EXPECT_THROW((void)checked_cast<std::uint32_t>(-1), InternalError);
  EXPECT_THROW((void)checked_multiply<std::uint64_t>(1ULL << 40, 1ULL << 40), InternalError);
}

}  // namespace
}  // namespace winnow::core
