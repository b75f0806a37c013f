#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/evaluated_rows.hpp"
#include "pipeline/run_folder.hpp"

namespace winnow::pipeline {

/// Root only. Writes evaluation/rows.csv and evaluation.json, which hold no times, hosts or ranks;
/// a file that holds just this already stays as it is.
/// @param folder  with the index of the held-out rows
/// @returns what evaluation.json holds
nlohmann::ordered_json write_evaluation(const RunFolder& folder, const EvaluationJob& job,
                                        const EvaluatedRows& rows);

}  // namespace winnow::pipeline
