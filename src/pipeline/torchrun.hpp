#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "pipeline/checkpoints.hpp"
#include "pipeline/context.hpp"
#include "pipeline/scorer_binding.hpp"
#include "training/epoch_plan.hpp"
#include "training/training_options.hpp"
#include "training/training_row.hpp"

namespace winnow::pipeline {

/// Steps of a training that the ecosystem's engine takes without a break: one epoch or all.
struct TorchrunWork {
  const Checkpoints& checkpoints;
  std::span<const training::TrainingRow> rows;
  std::uint64_t before = 0;                     ///< steps of the epochs before
  std::vector<training::StepRows> batches;      ///< places in `rows` of each step
  std::map<std::uint64_t, std::uint64_t> ends;  ///< the number, from 1, of the epoch that each of
                                                ///< these steps ends
  const training::TrainingOptions& options;     ///< rate.steps: of all epochs
  const ScorerBinding& binding;
};

/// Of what an engine did in this process.
struct TorchrunPace {
  std::uint64_t tokens = 0;
  double seconds = 0;
};

/// Collective. Writes rows and recipe into the run folder, runs src/engine/finetune_torchrun.py, a
/// process for each rank, on them, and takes its models back: those of epochs, and
/// checkpoints/final behind the last epoch. Goes on from the last state that an earlier call
/// left.
/// @throws core::EnvironmentError, core::ModelError on all ranks, with what the process that failed
/// first said and its log; core::Interrupted when it was asked to stop and has saved its state
TorchrunPace train_by_torchrun(Context& context, const TorchrunWork& work);

}  // namespace winnow::pipeline
