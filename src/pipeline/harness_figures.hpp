#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/job.hpp"
#include "pipeline/run_folder.hpp"

namespace winnow::pipeline {

/// `benchmarks` of evaluation.json, out of what the harness left for each model and task: `results`
/// (a metric of a task by a model, with the harness's standard error, null where it gives none, and
/// for tuned models the difference to the base) and what each task was `run_with`.
/// @throws core::ModelError for a file that is missing or damaged
[[nodiscard]] nlohmann::ordered_json harness_figures(const EvaluationJob& job,
                                                     const RunFolder& folder);

/// The results, a line for each.
[[nodiscard]] std::string benchmarks_csv(const nlohmann::ordered_json& benchmarks);

}  // namespace winnow::pipeline
