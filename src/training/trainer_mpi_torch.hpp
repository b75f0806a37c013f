#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/decoder_weights_torch.hpp"
#include "mpi/communicator.hpp"
#include "training/epoch_plan.hpp"
#include "training/fine_tuning_mpi.hpp"
#include "training/parameters_torch.hpp"
#include "training/preference_pass_torch.hpp"
#include "training/trainable_decoder_torch.hpp"
#include "training/training_options.hpp"
#include "training/training_row.hpp"
#include "training/weight_update_mpi_torch.hpp"

namespace winnow::training {

/// Training of a decoder, or of adapters over it, data-parallel over the ranks; see FineTuning.
class Trainer {
 public:
  /// @param weights  float32, whole matrices, equal on all ranks
  Trainer(const mpi::Communicator& communicator, const model::DecoderConfig& config,
          const model::ModelInfo& info, const model::DecoderWeights& weights,
          const TrainingOptions& options);

  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// FineTuning::step
  StepReport step(std::span<const TrainingRow> rows, const StepRows& batch, std::uint64_t epoch);

  /// FineTuning::log_probs
  [[nodiscard]] std::vector<PairLogProbs> log_probs(std::span<const TrainingRow> pairs) {
    return preferences_.log_probs(pairs);
  }

  /// What is trained, as passes see it (rounded to bf16 values where that is asked for).
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] WeightUpdate& update() { return *update_; }
  [[nodiscard]] const WeightUpdate& update() const { return *update_; }
  [[nodiscard]] const model::DecoderConfig& config() const { return decoder_.config(); }

 private:
  /// What the losses of a batch are divided by.
  struct BatchCounts {
    std::uint64_t rows = 0;
    std::uint64_t targets = 0;
    std::uint64_t epoch = 0;
  };

  /// The passes of this rank's shards. [kShards]
  std::vector<PreferenceSums> run_passes(std::span<const TrainingRow> rows, const StepRows& batch,
                                         const BatchCounts& counts);
  /// Of rows that are no pairs the loss alone.
  PreferenceSums micro_batch(std::span<const TrainingRow* const> rows, const BatchCounts& counts,
                             const WholeFrom& whole);
  double learn(std::span<const TrainingRow* const> rows, const BatchCounts& counts,
               const WholeFrom& whole);
  [[nodiscard]] at::Tensor noise(const model::PackedBatch& batch,
                                 std::span<const TrainingRow* const> rows,
                                 std::uint64_t epoch) const;

  const mpi::Communicator& communicator_;
  model::ModelInfo info_;
  TrainingOptions options_;
  Parameters parameters_;
  TrainableDecoder decoder_;
  PreferencePass preferences_;
  std::unique_ptr<WeightUpdate> update_;
};

}  // namespace winnow::training
