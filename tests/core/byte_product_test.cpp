#include "core/byte_product.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace winnow::core {
namespace {

struct Bytes {
  std::vector<std::int8_t> a;
  std::vector<std::uint8_t> panel;
};

std::vector<std::int32_t> loop(const Bytes& bytes, std::size_t rows, std::size_t depth) {
  std::vector<std::int32_t> c(rows * kTileColumns);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < kTileColumns; ++j)
      for (std::size_t k = 0; k < depth; ++k)
        c[r * kTileColumns + j] +=
            bytes.a[r * depth + k] * bytes.panel[k / kByteGroup * kByteGroup * kTileColumns +
                                                 j * kByteGroup + k % kByteGroup];
  return c;
}

std::vector<std::int32_t> product(const Bytes& bytes, std::size_t rows, std::size_t depth) {
  std::vector<std::int32_t> c(rows * kTileColumns);
  const std::size_t half = depth / 2 / kByteGroup * kByteGroup;
  multiply_add({bytes.a.data(), depth}, bytes.panel.data(), rows, half, c.data());
  multiply_add({bytes.a.data() + half, depth}, bytes.panel.data() + half * kTileColumns, rows,
               depth - half, c.data());
  return c;
}

TEST(ByteProduct, IsThatOfTheLoop) {
  std::mt19937_64 generator(1);
  for (const std::size_t depth : {4U, 8U, 100U, 384U})
    for (const std::size_t rows : {1U, 2U, 3U, 4U, 7U, 8U, 15U, 64U}) {
      Bytes bytes{std::vector<std::int8_t>(rows * depth),
                  std::vector<std::uint8_t>(depth * kTileColumns)};
      for (std::int8_t& x : bytes.a) x = static_cast<std::int8_t>(generator() & 0xFF);
      for (std::uint8_t& x : bytes.panel) x = static_cast<std::uint8_t>(generator() & 0xFF);
      ASSERT_EQ(product(bytes, rows, depth), loop(bytes, rows, depth)) << rows << " of " << depth;
    }
}

TEST(ByteProduct, HoldsTheLargestSums) {
  for (const std::int8_t least : {std::int8_t{-128}, std::int8_t{127}}) {
    const Bytes bytes{std::vector<std::int8_t>(kMostByteDepth, least),
                      std::vector<std::uint8_t>(kMostByteDepth * kTileColumns, 255)};
    const std::int64_t sum = std::int64_t{kMostByteDepth} * least * 255;
    for (const std::int32_t each : product(bytes, 1, kMostByteDepth)) ASSERT_EQ(each, sum);
  }
}

}  // namespace
}  // namespace winnow::core
