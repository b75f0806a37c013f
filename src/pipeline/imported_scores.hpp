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
/// @throws core::DataError naming the file, the row and, where it is not JSON, the byte (of the
/// line, in JSON Lines) and what stands there; no such key, something else than a number, one that
/// no double holds, not `rows` of them.
[[nodiscard]] ImportedScores read_imported_scores(const ImportedScorer& scorer, std::uint64_t rows);

}  // namespace winnow::pipeline
