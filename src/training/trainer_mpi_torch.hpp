#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "model/decoder_weights_torch.hpp"
#include "mpi/communicator.hpp"
#include "training/epoch_plan.hpp"
#include "training/fine_tuning_mpi.hpp"
#include "training/parameters_torch.hpp"
#include "training/preference_pass_torch.hpp"
#include "training/sharded_adamw_mpi.hpp"
#include "training/trainable_decoder_torch.hpp"
#include "training/training_options.hpp"
#include "training/training_row.hpp"

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
  [[nodiscard]] const ShardedAdamw& optimizer() const { return optimizer_; }
  [[nodiscard]] const model::DecoderConfig& config() const { return decoder_.config(); }
  /// FineTuning::read_resume_state
  void resume(const std::filesystem::path& folder, const std::string& made_from);

 private:
  /// The loss of one shard; its gradient is in parameters_.gradients.
  double shard(std::span<const TrainingRow> rows, std::span<const std::uint64_t> places,
               std::uint64_t batch_rows, std::uint64_t batch_targets, std::uint64_t epoch);
  /// The same of a shard of pairs.
  PreferenceSums shard_of_pairs(std::span<const TrainingRow> rows,
                                std::span<const std::uint64_t> places, std::uint64_t batch_pairs);
  double micro_batch(std::span<const TrainingRow* const> rows, std::uint64_t batch_rows,
                     std::uint64_t batch_targets, std::uint64_t epoch);
  [[nodiscard]] at::Tensor noise(const model::PackedBatch& batch,
                                 std::span<const TrainingRow* const> rows,
                                 std::uint64_t epoch) const;
  /// Memory for a shard's gradient that holds none of `sum`.
  [[nodiscard]] std::span<float> free_memory(const GradientSum& sum);
  /// Lets `change(weights)` write all weights, float32 on the CPU, and takes them over.
  void take_weights(const std::function<void(std::span<float>)>& change);

  const mpi::Communicator& communicator_;
  model::ModelInfo info_;
  TrainingOptions options_;
  Parameters parameters_;
  TrainableDecoder decoder_;
  PreferencePass preferences_;
  ShardedAdamw optimizer_;
  std::vector<std::unique_ptr<float[]>> gradient_memory_;  ///< [n] each, on the CPU
  at::Tensor host_weights_;  ///< where the weights are on another device
};

}  // namespace winnow::training
