#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/language_model.hpp"

namespace winnow::model {

/// A segment's rows in the packed activation [tokens, width].
struct SegmentRows {
  std::int64_t begin = 0;
  std::int64_t length = 0;
  std::int64_t text_length = 0;  ///< tokens of the segment as it was given
};

/// Segments one after another without padding. A segment's tokens from its last scored one on
/// predict nothing that is scored and are left out; a segment without scored positions is left out
/// whole. Tokens that all segments begin with (a chat template's system turn) stand once, before
/// the first segment: what comes after them cannot change them.
struct PackedBatch {
  std::vector<std::int64_t> ids;          ///< [tokens]
  std::vector<std::int64_t> positions;    ///< within the segment [tokens]
  std::int64_t shared = 0;                ///< rows [0, shared) are the common beginning
  std::vector<SegmentRows> segments;      ///< rows after the common beginning, at least one each
  std::vector<std::int64_t> scored_rows;  ///< rows whose next token is scored
  std::vector<std::int64_t> targets;      ///< that token [scored_rows]
  std::vector<std::size_t> owners;        ///< its segment in the caller's batch [scored_rows]
  std::int64_t positions_used = 0;        ///< one past the largest position
};

/// A common beginning shorter than this is not worth the second attention that it costs.
constexpr std::int64_t kShortestShared = 8;

enum class Sharing { none, common_beginning };

/// `fewest_rows`: ids and scored_rows are filled up to this many with rows that belong to no
/// segment (owners stays shorter).
/// @throws core::ModelError naming a token id outside the vocabulary or a segment longer than the
/// model takes.
[[nodiscard]] PackedBatch pack(std::span<const Segment> batch, const ModelInfo& model,
                               std::int64_t fewest_rows, Sharing sharing);

}  // namespace winnow::model
