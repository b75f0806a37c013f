#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// Local. The version of lm_eval that the engines' Python has.
/// @throws core::EnvironmentError where it has none, or cannot be run
[[nodiscard]] std::string harness_version();

/// Collective. Runs src/engine/harness.py for the base and every tuned model, one process for each,
/// the models dealt out to the ranks; a task that a model has done already is not run again.
/// @param manifest  root's
/// @returns root's benchmarks (harness_figures.hpp); null elsewhere
/// @throws core::Error on all ranks with what the first process that failed said, and its log;
/// core::Interrupted if a rank was asked to stop: tasks that are done stay
[[nodiscard]] nlohmann::ordered_json run_harness(Context& context,
                                                 nlohmann::ordered_json& manifest);

}  // namespace winnow::pipeline
