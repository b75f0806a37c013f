#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <limits>

#include "core/partition.hpp"

namespace winnow::selection {

/// A row's place in an order of picks: smaller is earlier, equal keys go by row id.
struct Position {
  std::uint64_t key = 0;
  core::RowId row = 0;
  auto operator<=>(const Position&) const = default;
};

/// Behind all rows.
constexpr Position kNowhere{std::numeric_limits<std::uint64_t>::max(),
                            std::numeric_limits<core::RowId>::max()};

enum class Direction { ascending, descending };

/// The integer whose order is the order of the values; -0.0 and 0.0 are one value. `value` is not
/// NaN.
[[nodiscard]] constexpr std::uint64_t order_key(double value, Direction direction) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);
  const std::uint64_t ascending = (bits & kSign) != 0 ? ~bits : bits | kSign;
  return direction == Direction::ascending ? ascending : ~ascending;
}

/// The value that has this key.
[[nodiscard]] constexpr double value_of_key(std::uint64_t key, Direction direction) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const std::uint64_t ascending = direction == Direction::ascending ? key : ~key;
  return std::bit_cast<double>((ascending & kSign) != 0 ? ascending & ~kSign : ~ascending);
}

/// Key of a gain of 0: every positive gain comes before it.
constexpr std::uint64_t kNoGain = order_key(0.0, Direction::descending);

}  // namespace winnow::selection
