#pragma once

#include "pipeline/context.hpp"
#include "pipeline/epoch_training.hpp"
#include "pipeline/training_setup.hpp"

namespace winnow::pipeline {

/// Training by the ecosystem's engine, which is started for each epoch and leaves its model in
/// checkpoints/epoch-<n>, from which winnow loads it to score.
class TorchrunEpochs : public EpochTraining {
 public:
  /// @param steps  of all epochs: the learning rate's
  TorchrunEpochs(Context& context, const TrainingSetup& setup, std::uint64_t steps);

  void run_epoch(std::span<const training::TrainingRow> rows,
                 std::span<const training::StepRows> batches, std::uint64_t epoch,
                 std::uint64_t before) override;
  [[nodiscard]] std::shared_ptr<model::CausalLanguageModel> model_behind(
      std::uint64_t epochs, std::uint64_t steps) override;

 private:
  Context& context_;
  const TrainingSetup& setup_;
  training::TrainingOptions options_;
  std::uint64_t trained_;  ///< epochs
};

}  // namespace winnow::pipeline
