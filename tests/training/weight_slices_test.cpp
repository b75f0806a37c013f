#include "training/weight_slices.hpp"

#include <gtest/gtest.h>

#include "training/gradient_sum.hpp"

namespace winnow::training {
namespace {

TEST(WeightSlices, AreWholeBlocks) {
  EXPECT_EQ(slice_begins(3 * kNormBlock + 5, 2),
            (std::vector<std::size_t>{0, 2 * kNormBlock, 3 * kNormBlock + 5}));
  EXPECT_EQ(slice_begins(7, 3), (std::vector<std::size_t>{0, 0, 0, 7}));
}

TEST(WeightSlices, BucketsGoFromTheLastElementToTheFirst) {
  std::size_t end = 25;
  std::vector<int> owners;
  for (const Bucket& bucket : buckets_of({0, 10, 10, 25}, 6)) {
    EXPECT_EQ(bucket.begin + bucket.size, end);
    EXPECT_LE(bucket.size, 6U);
    end = bucket.begin;
    owners.push_back(bucket.owner);
  }
  EXPECT_EQ(end, 0U);
  EXPECT_EQ(owners, (std::vector<int>{2, 2, 2, 0, 0}));
}

}  // namespace
}  // namespace winnow::training
