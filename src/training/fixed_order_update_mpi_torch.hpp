#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "training/gradient_sum.hpp"
#include "training/sharded_adamw_mpi.hpp"
#include "training/weight_update_mpi_torch.hpp"

namespace winnow::training {

/// Each shard's gradient is formed alone and the eight are summed in one fixed tree, through the
/// machine's memory by MPI, and the weights updated there: the same bits for any number of ranks.
class FixedOrderUpdate final : public WeightUpdate {
 public:
  FixedOrderUpdate(const mpi::Communicator& communicator, Parameters& parameters,
                   const TrainingOptions& options);

  bool begin_shard(bool has_rows) override;
  void end_shard(std::size_t shard) override;
  void take_from(std::int64_t /*begin*/) override {}
  void end_passes() override {}
  StepNorm step(const UpdateOptions& options) override;
  [[nodiscard]] std::uint64_t steps() const override { return adamw_.steps(); }
  [[nodiscard]] SlicePlace place() const override;
  void with_state(const std::function<void(const OptimizerSlice&)>& visit) const override;
  void restore(RestoredSlice slice) override;

 private:
  /// Memory for a shard's gradient that holds none of `sum_`.
  [[nodiscard]] std::span<float> free_memory();
  /// Lets `change(weights)` write all weights, float32 on the CPU, and takes them over.
  void take_weights(const std::function<void(std::span<float>)>& change);

  Parameters& parameters_;
  bool is_bf16_;
  ShardedAdamw adamw_;
  GradientSum sum_;  ///< of this rank's shards since the last step
  std::vector<std::unique_ptr<float[]>> gradient_memory_;  ///< [n] each, on the CPU
  std::span<float> memory_;                                ///< of them, the shard's
  at::Tensor host_weights_;                                ///< the weights themselves on the CPU
};

}  // namespace winnow::training
