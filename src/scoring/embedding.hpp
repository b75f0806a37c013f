#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/score_status.hpp"
#include "scoring/scoring_options.hpp"
#include "scoring/table.hpp"

namespace winnow::scoring {

/// The vector of one row's text, meaningful where the status is ok.
struct RowEmbedding {
  std::vector<float> values;
  core::ScoreStatus status = core::ScoreStatus::not_scored;
};

/// Adds the columns `embedding` (`dimension` values a row, in the type asked for; NaN where there
/// is none) and `status_embedding`; vectors scaled to length 1 where asked for. One that is not
/// finite, in its type, or that has no direction to keep, is `non_finite`.
void add_embedding_columns(Table& table, std::span<const RowEmbedding> rows,
                           std::uint32_t dimension, const EmbeddingOptions& options);

}  // namespace winnow::scoring
