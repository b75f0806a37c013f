#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// Collective. Makes the selections of all cells, then trains on each and evaluates what that
/// leaves, one cell after another, in study/<selection>/<budget>/<seed>/ of the run folder; after
/// each cell writes study/table.csv and study/summary.csv anew. The base is evaluated once. A cell
/// that is done costs nothing again, one that was stopped goes on as `finetune`, `iterate` and
/// `evaluate` do. A cell's model is removed when its evaluation is written, unless it is to be
/// kept. What the data or the model refuse fails the cell alone: its line says why, and
/// summary.undefined names it.
/// @throws core::UsageError naming the key where a cell was begun with other settings;
/// core::Interrupted if a rank was asked to stop
void study(Context& context, nlohmann::ordered_json& manifest, const IndexedData& data);

}  // namespace winnow::pipeline
