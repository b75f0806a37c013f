#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/partition.hpp"
#include "core/score_status.hpp"
#include "pipeline/job.hpp"
#include "scoring/tag_lists.hpp"

namespace winnow::pipeline {

struct ImportedTags {
  scoring::TagLists lists;  ///< of the rows that were asked for
  std::string file_hash;
};

/// Reads a list of tags, or null (`not_given`), per row (import_rows.hpp), and normalizes them as
/// those of a model's replies. A row that could not be read has none.
/// @param rows    of the data
/// @param mine    whose tags are kept
/// @param status  of these rows [mine.size()]
/// @throws core::DataError as import_rows; for something else than a list of texts
[[nodiscard]] ImportedTags read_imported_tags(const ImportedScorer& scorer, std::uint64_t rows,
                                              core::RowRange mine,
                                              std::span<const core::ScoreStatus> status);

}  // namespace winnow::pipeline
