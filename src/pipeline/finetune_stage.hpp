#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "core/partition.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// Collective. The rows of the job's finetune.selection in the order of its picks, or all rows.
[[nodiscard]] std::vector<core::RowId> rows_to_learn(const Context& context,
                                                     const IndexedData& data);

/// Collective. Trains the job's model on the rows of its selection, which is there: leaves
/// checkpoints/final (with LoRA also checkpoints/adapter, or that alone), the models of the last
/// epochs before it, and log/steps.jsonl. Goes on from the newest sound resume state; a model that
/// is there and was made from just this stays as it is.
/// @throws core::UsageError naming the key where the folder's training was begun with other
/// settings, core::ModelError naming step and row where the loss is not finite (resume states
/// stay), core::Interrupted where a rank was asked to stop (a resume state is written before)
void finetune(Context& context, nlohmann::ordered_json& manifest, const IndexedData& data);

}  // namespace winnow::pipeline
