#pragma once

#include <cstdint>

namespace winnow::core {

/// A row's position in the input, from 0; the same for ever and on every rank.
using RowId = std::uint64_t;

/// Rows [begin, end).
struct RowRange {
  RowId begin = 0;
  RowId end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
  bool operator==(const RowRange&) const = default;
};

/// The contiguous share of `rank` of n items over `size` ranks; shares differ by at most one item,
/// the first n % size are larger.
[[nodiscard]] constexpr RowRange block_range(std::uint64_t n, std::uint64_t size,
                                             std::uint64_t rank) {
  const std::uint64_t base = n / size;
  const std::uint64_t extra = n % size;
  const std::uint64_t begin = rank * base + (rank < extra ? rank : extra);
  return {begin, begin + base + (rank < extra ? 1 : 0)};
}

/// The rank whose block_range holds `item`.
[[nodiscard]] constexpr std::uint64_t owner_of(std::uint64_t n, std::uint64_t size,
                                               std::uint64_t item) {
  const std::uint64_t base = n / size;
  const std::uint64_t extra = n % size;
  const std::uint64_t in_large = extra * (base + 1);
  return item < in_large ? item / (base + 1) : extra + (item - in_large) / base;
}

}  // namespace winnow::core
