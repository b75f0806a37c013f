#pragma once

#include <cstdint>
#include <span>

#include "core/partition.hpp"
#include "selection/selection.hpp"

namespace winnow::selection {

/// Rows with an order and a set of tags each. [n]; `cost` may be empty: every row then costs 1.
struct TaggedRows {
  std::span<const core::RowId> row;
  std::span<const std::uint64_t> key;  ///< rows are looked at by key, then row id
  std::span<const std::uint32_t> cost;
  std::span<const std::uint64_t>
      offset;  ///< [n + 1]: the tags of row i are [offset[i], offset[i + 1])
  std::span<const std::uint32_t> tag;
};

/// What happens when all rows have been looked at and the amount is not spent.
enum class TagRounds {
  restart,  ///< all tags count as new again: InsTag's complexity-first diverse sampling
            ///< (arXiv:2308.07074, algorithm 1)
  one       ///< the rest is filled: Deita's InsTag diversity (arXiv:2312.15685, section 2.4)
};

/// Picks, in order, the rows that have a tag which no earlier pick has (of the same round), until
/// `amount` is spent: the list ends at the first pick whose cost no longer fits. Rows that never
/// have such a tag fill the rest in the same order, and the result says from which pick on.
[[nodiscard]] Selection tag_cover(const TaggedRows& rows, TagRounds rounds, std::uint64_t amount);

}  // namespace winnow::selection
