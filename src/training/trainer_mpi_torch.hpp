#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/decoder_weights_torch.hpp"
#include "mpi/communicator.hpp"
#include "training/epoch_plan.hpp"
#include "training/parameters_torch.hpp"
#include "training/sharded_adamw_mpi.hpp"
#include "training/trainable_decoder_torch.hpp"
#include "training/training_options.hpp"
#include "training/training_row.hpp"

namespace winnow::training {

/// One optimizer step, equal on all ranks.
struct StepReport {
  std::uint64_t step = 0;  ///< from 1
  double loss = 0;         ///< nats, as the reduction says
  double learning_rate = 0;
  double gradient_norm = 0;
  std::uint64_t rows = 0;
  std::uint64_t tokens = 0;   ///< that went through the model
  std::uint64_t targets = 0;  ///< of them, those that are learnt
};

/// Full fine-tuning of a decoder, data-parallel over the ranks: on the CPU the weights after any
/// number of steps are the same bits for any number of ranks (at equal threads per rank and
/// math-library mode).
class Trainer {
 public:
  /// @param weights  float32, whole matrices, equal on all ranks
  Trainer(const mpi::Communicator& communicator, const model::DecoderConfig& config,
          const model::ModelInfo& info, const model::DecoderWeights& weights,
          const TrainingOptions& options);

  /// Collective. One step on the batch.
  /// @param rows   of the whole epoch, by place; those of this rank's shards are read
  /// @param batch  places in `rows`, equal on all ranks
  /// @param epoch  seeds the noise
  /// @throws core::ModelError when loss or gradient is not finite: the weights are unchanged
  StepReport step(std::span<const TrainingRow> rows, const StepRows& batch, std::uint64_t epoch);

  /// The weights as passes see them (rounded to bf16 values where that is asked for).
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] ShardedAdamw& optimizer() { return optimizer_; }

 private:
  /// The loss of one shard; its gradient is in parameters_.gradients.
  double shard(std::span<const TrainingRow> rows, std::span<const std::uint64_t> places,
               std::uint64_t batch_rows, std::uint64_t batch_targets, std::uint64_t epoch);
  double micro_batch(std::span<const TrainingRow* const> rows, std::uint64_t batch_rows,
                     std::uint64_t batch_targets, std::uint64_t epoch);
  [[nodiscard]] at::Tensor noise(const model::PackedBatch& batch,
                                 std::span<const TrainingRow* const> rows,
                                 std::uint64_t epoch) const;
  void round_weights();

  const mpi::Communicator& communicator_;
  model::ModelInfo info_;
  TrainingOptions options_;
  Parameters parameters_;
  TrainableDecoder decoder_;
  ShardedAdamw optimizer_;
};

}  // namespace winnow::training
