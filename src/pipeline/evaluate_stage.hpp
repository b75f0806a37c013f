#pragma once

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// Collective. The answer losses of the job's evaluation: each model scores the held-out rows that
/// its journal in evaluation/ does not hold yet (score_rows); then root writes evaluation/rows.csv
/// and evaluation.json, which hold no times, hosts or ranks. Where a model has no row with a loss
/// summary.undefined says so.
/// @param manifest  root's
/// @throws core::ModelError, core::UsageError: evaluation_models.hpp; core::Interrupted if a rank
/// was asked to stop; what is journalled stays.
void evaluate_models(Context& context, nlohmann::ordered_json& manifest);

}  // namespace winnow::pipeline
