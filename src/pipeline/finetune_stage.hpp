#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// Collective. Trains the job's model on the rows of its selection, which is there: leaves
/// checkpoints/final (with LoRA also checkpoints/adapter, or that alone), the models of the last
/// epochs before it, and log/steps.jsonl. Goes on from the newest sound resume state; a model that
/// is there and was made from just this stays as it is.
/// @throws core::UsageError naming the key where the folder's training was begun with other
/// settings, core::ModelError naming step and row where the loss is not finite (resume states
/// stay), core::Interrupted where a rank was asked to stop (a resume state is written before)
void finetune(Context& context, nlohmann::ordered_json& manifest, const IndexedData& data);

}  // namespace winnow::pipeline
