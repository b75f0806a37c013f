#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/score_status.hpp"

namespace winnow::scoring {

/// What the model said about one row. A sum is meaningful where its status is `ok`; elsewhere it is
/// 0 and not read.
struct RowScores {
  double nll_cond_sum = 0;    ///< nats, over the answer's scored tokens after its prompt
  double nll_direct_sum = 0;  ///< nats, over the answer's scored tokens without the prompt
  std::uint32_t n_cond = 0;
  std::uint32_t n_direct = 0;
  std::uint32_t n_tokens = 0;  ///< tokens of the whole conditional text, before any truncation
  core::ScoreStatus status_cond = core::ScoreStatus::not_scored;
  core::ScoreStatus status_direct = core::ScoreStatus::not_scored;
  bool operator==(const RowScores&) const = default;
};

/// One block of consecutive rows: what is journalled and resumed as a unit.
struct BlockScores {
  std::uint64_t block = 0;
  std::vector<RowScores> rows;
};

/// The journal's payload of a block: little-endian, fixed width, equal for equal scores.
[[nodiscard]] std::string serialize(const BlockScores& block);
/// @throws core::ModelError if the bytes are not a block's.
[[nodiscard]] BlockScores deserialize_block(std::string_view bytes);

}  // namespace winnow::scoring
