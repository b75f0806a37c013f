#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "model/language_model.hpp"
#include "training/epoch_plan.hpp"
#include "training/training_row.hpp"

namespace winnow::pipeline {

/// A training whose epochs' rows are known one epoch at a time, by any engine. All calls are
/// collective; an epoch that was trained in an earlier process is passed over.
class EpochTraining {
 public:
  virtual ~EpochTraining() = default;

  /// Behind the last epoch its models are published.
  /// @param batches  places in `rows` of each step
  /// @param epoch    from 0
  /// @param before   steps of the epochs before
  /// @throws core::ModelError naming step and row where the loss is not finite (resume states
  /// stay), core::Interrupted where a rank was asked to stop (a resume state is written before)
  virtual void run_epoch(std::span<const training::TrainingRow> rows,
                         std::span<const training::StepRows> batches, std::uint64_t epoch,
                         std::uint64_t before) = 0;

  /// The model as it is behind that many epochs and steps, to score with, in the job's dtype.
  /// @throws core::ModelError where the training is not there, or not there any more
  [[nodiscard]] virtual std::shared_ptr<model::CausalLanguageModel> model_behind(
      std::uint64_t epochs, std::uint64_t steps) = 0;
};

}  // namespace winnow::pipeline
