#pragma once

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// Collective. The job's evaluation. Where it has data, each model scores the held-out rows that
/// its journal in evaluation/ does not hold yet (score_rows), and root writes evaluation/rows.csv;
/// benchmarks by run_harness, and evaluation/benchmarks.csv; then evaluation.json. None of them
/// holds times, hosts or ranks. Where a model has no row with a loss summary.undefined says so.
/// @param manifest  root's
/// @throws core::ModelError, core::UsageError: evaluation_models.hpp; as run_harness;
/// core::DataError for a folder of tasks that is not there; core::Interrupted if a rank was asked
/// to stop; what is journalled, and tasks that are done, stay.
void evaluate_models(Context& context, nlohmann::ordered_json& manifest);

}  // namespace winnow::pipeline
