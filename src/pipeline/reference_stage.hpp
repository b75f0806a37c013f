#pragma once

#include <vector>

#include "pipeline/context.hpp"
#include "pipeline/training_setup.hpp"
#include "training/fine_tuning_mpi.hpp"

namespace winnow::pipeline {

/// Collective. Fills in what the model said of both answers of each pair before its first step: as
/// checkpoints/reference.h5 has it, or from the model, which then has taken no step; that is
/// journalled block by block in checkpoints/reference until it is whole.
/// @param pairs  equal on all ranks
/// @throws core::ModelError where the file is not what the training was begun with and steps were
/// taken; core::Interrupted if a rank was asked to stop: what is journalled stays
void set_reference(Context& context, const TrainingSetup& setup, training::FineTuning& tuning,
                   std::vector<training::TrainingRow>& pairs);

}  // namespace winnow::pipeline
