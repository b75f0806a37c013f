#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/evaluated_rows.hpp"
#include "pipeline/steps_log.hpp"
#include "pipeline/study_cells.hpp"
#include "scoring/paired_bootstrap.hpp"

namespace winnow::pipeline {

/// What came of a cell.
struct StudyResult {
  StudyCell cell;
  nlohmann::ordered_json line;           ///< of table.csv
  std::optional<EvaluatedModel> losses;  ///< of a cell that is done
};

/// A cell that is not done: its names, all else null. Losses are in nats per token of the answer.
[[nodiscard]] nlohmann::ordered_json pending_line(const StudyCell& cell);

/// The line of a trained and evaluated cell.
/// @param rows        that were selected
/// @param evaluation  what write_evaluation gave of the base and the cell's model
[[nodiscard]] nlohmann::ordered_json done_line(const StudyCell& cell, std::uint64_t rows,
                                               const StepsTotal& trained,
                                               const nlohmann::ordered_json& evaluation,
                                               const EvaluatedModel& losses,
                                               const scoring::BootstrapOptions& bootstrap);

/// A line for each selection and budget over the seeds that are done: the mean and the standard
/// deviation (n - 1; null for one seed) of their losses, and, of each row's loss averaged over the
/// seeds, the difference to the base and to the study's first selection at the same budget (or its
/// only one), with intervals over rows (compare_losses).
[[nodiscard]] nlohmann::ordered_json summary_lines(const std::vector<StudyResult>& results,
                                                   const EvaluatedModel& base,
                                                   const scoring::BootstrapOptions& bootstrap);

/// Lines of the same keys as CSV; what is null is empty.
[[nodiscard]] std::string csv_of(const nlohmann::ordered_json& lines);

}  // namespace winnow::pipeline
