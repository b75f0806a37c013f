#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"

namespace winnow::selection {

/// Rows and their order: by key, then row id. [n] each; `cost` (tokens) may be empty: every row
/// then costs 1.
struct OrderedRows {
  std::span<const core::RowId> row;
  std::span<const std::uint64_t> key;
  std::span<const std::uint32_t> cost;
};

struct Taken {
  std::vector<std::size_t> index;  ///< into the rows, in order
  std::uint64_t spent = 0;
};

/// The first rows of the order, up to the first one whose cost no longer fits `amount`: later rows
/// that would fit are not taken, so that a larger budget always extends a smaller one's list.
[[nodiscard]] Taken take(const OrderedRows& rows, std::uint64_t amount);

}  // namespace winnow::selection
