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

/// Reads a number or null per row (import_rows.hpp).
/// @throws core::DataError as import_rows; for something else than a number
[[nodiscard]] ImportedScores read_imported_scores(const ImportedScorer& scorer, std::uint64_t rows);

}  // namespace winnow::pipeline
