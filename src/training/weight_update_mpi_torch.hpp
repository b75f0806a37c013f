#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "mpi/communicator.hpp"
#include "training/optimizer_slice.hpp"
#include "training/parameters_torch.hpp"
#include "training/sharded_adamw_mpi.hpp"
#include "training/training_options.hpp"

namespace winnow::training {

/// How the gradients of a batch's shards, which come to stand in Parameters::gradients, become new
/// weights in Parameters::values: AdamW over the ranks, each of which keeps float32 weights and the
/// two moments of its slice alone. ZeRO, stage 1 (Rajbhandari et al., arXiv:1910.02054).
class WeightUpdate {
 public:
  virtual ~WeightUpdate() = default;

  /// The next of this rank's shards; those that have rows go through the model.
  /// @returns whether the gradients there are must be forgotten before that
  virtual bool begin_shard(bool has_rows) = 0;
  virtual void end_shard(std::size_t shard) = 0;
  /// On the way back of this rank's last pass of the step: the gradients from `begin` on are whole.
  virtual void take_from(std::int64_t begin) = 0;
  /// This rank's passes are over, whether they ended well or not. Every rank comes here.
  virtual void end_passes() = 0;

  /// Collective.
  /// @throws core::ModelError on all ranks for a gradient that is not finite, with the weights as
  /// they were, or for new weights that are not: no further step may be taken
  virtual StepNorm step(const UpdateOptions& options) = 0;

  [[nodiscard]] virtual std::uint64_t steps() const = 0;
  [[nodiscard]] virtual SlicePlace place() const = 0;
  virtual void with_state(const std::function<void(const OptimizerSlice&)>& visit) const = 0;
  /// Collective. Goes on from a checkpoint's slices.
  virtual void restore(RestoredSlice slice) = 0;
};

/// Collective. As TrainingOptions::deterministic says.
/// @param parameters  lives longer; its values are float32, and are rounded where that is asked for
[[nodiscard]] std::unique_ptr<WeightUpdate> make_weight_update(
    const mpi::Communicator& communicator, Parameters& parameters, const TrainingOptions& options);

}  // namespace winnow::training
