#pragma once

#include <string>
#include <string_view>

#include "scoring/record_bytes.hpp"
#include "scoring/table.hpp"

namespace winnow::scoring {

/// One block of consecutive rows: what is journalled and resumed as a unit. Which columns there
/// are depends on what was asked for.
struct BlockScores {
  BlockHeader header;
  Table rows;
  Table turns;  ///< user turns of all rows, in order; `rows` then counts them in `scored_turns`
  bool operator==(const BlockScores&) const = default;
};

/// The journal's payload of a block: little-endian, equal for equal scores.
[[nodiscard]] std::string serialize(const BlockScores& block);
/// @throws core::ModelError if the bytes are not a block's.
[[nodiscard]] BlockScores deserialize_block(std::string_view bytes);

}  // namespace winnow::scoring
