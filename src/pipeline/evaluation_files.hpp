#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/evaluated_rows.hpp"
#include "pipeline/run_folder.hpp"

namespace winnow::pipeline {

/// What an evaluation leaves, on root only: no times, hosts or ranks; a file that holds just this
/// already stays as it is.

/// Writes evaluation/rows.csv.
/// @param folder  with the index of the held-out rows
/// @returns what evaluation.json says of losses
nlohmann::ordered_json write_losses(const RunFolder& folder, const EvaluationJob& job,
                                    const EvaluatedRows& rows);

/// Writes evaluation.json.
/// @param found  of losses, of benchmarks, or of both
/// @returns what it holds
nlohmann::ordered_json write_evaluation(const RunFolder& folder, const EvaluationJob& job,
                                        const nlohmann::ordered_json& found);

}  // namespace winnow::pipeline
