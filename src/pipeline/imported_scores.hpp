#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/score_status.hpp"
#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// One number per row in file order. A value is meaningful where its status is `ok`; null in the
/// file is `not_given`.
struct ImportedScores {
  std::vector<double> values;
  std::vector<core::ScoreStatus> status;
  std::string file_hash;
};

/// Reads a JSON list of numbers and nulls, an object with such a list under `key`, or JSON Lines
/// with one number or null a line.
/// @throws core::DataError naming the file and the row: not JSON, no such key, something else than
/// a number, not `rows` of them.
[[nodiscard]] ImportedScores read_imported_scores(const ImportedScorer& scorer, std::uint64_t rows);

}  // namespace winnow::pipeline
