#pragma once

#include <span>

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/training_setup.hpp"

namespace winnow::pipeline {

/// The selection that the job's training uses. @throws core::UsageError where `iterate` cannot make
/// it anew between epochs: it is not one step of iterit or ifd, by the scores of the model that is
/// trained
[[nodiscard]] const SelectionJob& reselected(const Job& job);

/// Collective. The loop's training, bound to its folder (set_up_training).
/// @param first  the rows of the first epoch
[[nodiscard]] TrainingSetup set_up_iteration(Context& context, nlohmann::ordered_json& manifest,
                                             const IndexedData& data,
                                             std::span<const core::RowId> first);

/// Collective. IterIT's loop (arXiv:2412.17365): trains an epoch on the job's selection, scores the
/// pool's rows with the model as it then is, selects again, trains the next epoch, ... Leaves
/// epochs/<e> and what `finetune` leaves. Goes on where it was stopped.
/// @throws as finetune
void iterate(Context& context, nlohmann::ordered_json& manifest, const IndexedData& data);

}  // namespace winnow::pipeline
