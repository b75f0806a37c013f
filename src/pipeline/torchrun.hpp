#pragma once

#include "pipeline/checkpoints.hpp"
#include "pipeline/context.hpp"
#include "pipeline/finetune_plan.hpp"
#include "pipeline/scorer_binding.hpp"
#include "pipeline/training_rows.hpp"
#include "training/training_options.hpp"

namespace winnow::pipeline {

/// A training that the ecosystem's engine does.
struct TorchrunWork {
  const Checkpoints& checkpoints;
  const TrainingRows& rows;
  FinetunePlan& plan;
  const training::TrainingOptions& options;
  const ScorerBinding& binding;
};

/// Collective. Writes rows and recipe into the run folder, runs src/engine/finetune_torchrun.py, a
/// process for each rank, on them, and takes its models back: checkpoints/final and those of
/// epochs. Goes on from the last state that an earlier call left.
/// @throws core::EnvironmentError, core::ModelError on all ranks, with what the process that failed
/// first said and its log; core::Interrupted when it was asked to stop and has saved its state
void train_by_torchrun(Context& context, const TorchrunWork& work);

}  // namespace winnow::pipeline
