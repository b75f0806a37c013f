#pragma once

#include <cstddef>
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

/// One embedding: the mean of some rows.
struct PooledRows {
  std::size_t owner = 0;           ///< the segment in the caller's batch
  std::vector<std::int64_t> rows;  ///< into PackedBatch::scored_rows, at least one
};

/// One prediction of the token after a segment's last.
struct LastRow {
  std::size_t owner = 0;  ///< the segment in the caller's batch
  std::int64_t row = 0;   ///< into PackedBatch::scored_rows
};

/// Segments one after another without padding. A segment's tokens after the last one whose hidden
/// state somebody needs are left out; a segment that nothing is asked of is left out whole. Tokens
/// that all segments begin with (a chat template's system turn) stand once, before the first
/// segment: what comes after them cannot change them.
struct PackedBatch {
  std::vector<std::int64_t> ids;        ///< [tokens]
  std::vector<std::int64_t> positions;  ///< within the segment [tokens]
  std::int64_t shared = 0;              ///< rows [0, shared) are the common beginning
  std::vector<SegmentRows> segments;    ///< rows after the common beginning, at least one each
  std::int64_t positions_used = 0;      ///< one past the largest position
  /// Rows whose final hidden state is wanted, each once.
  std::vector<std::int64_t> scored_rows;

  std::vector<std::int64_t> predictors;  ///< into scored_rows, of each scored position
  std::vector<std::int64_t> targets;     ///< the token there [predictors]
  std::vector<std::size_t>
      owners;  ///< its segment in the caller's batch [predictors, not filled up]
  std::vector<PooledRows> pooled;
  std::vector<LastRow> last;
};

/// A common beginning shorter than this is not worth the second attention that it costs.
constexpr std::int64_t kShortestShared = 8;

enum class Sharing { none, common_beginning };

/// `fewest_rows`: ids, scored_rows and predictors are filled up to this many, unless empty, with
/// rows that belong to no segment.
/// @throws core::ModelError as expect_length and expect_known_ids
[[nodiscard]] PackedBatch pack(std::span<const Segment> batch, const ModelInfo& model,
                               std::int64_t fewest_rows, Sharing sharing);

/// @throws core::ModelError naming the model's folder if it does not take texts of so many tokens
void expect_length(std::size_t tokens, const ModelInfo& model);

/// @throws core::ModelError naming the model's folder and the first id outside its vocabulary
void expect_known_ids(std::span<const std::int32_t> ids, const ModelInfo& model);

}  // namespace winnow::model
