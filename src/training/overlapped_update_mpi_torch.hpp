#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "training/device_exchange_mpi_torch.hpp"
#include "training/weight_slices.hpp"
#include "training/weight_update_mpi_torch.hpp"

namespace winnow::training {

/// A rank's shards add up in one gradient, which goes to the slices' owners in buckets while the
/// last pass is still on its way back; the weights are updated on the device. The last bits depend
/// on the number of ranks and on the order in which the exchange sums.
class OverlappedUpdate final : public WeightUpdate {
 public:
  OverlappedUpdate(const mpi::Communicator& communicator, Parameters& parameters,
                   const TrainingOptions& options);

  bool begin_shard(bool has_rows) override;
  void end_shard(std::size_t /*shard*/) override {}
  void take_from(std::int64_t begin) override;
  void end_passes() override;
  StepNorm step(const UpdateOptions& options) override;
  [[nodiscard]] std::uint64_t steps() const override { return steps_; }
  [[nodiscard]] SlicePlace place() const override;
  void with_state(const std::function<void(const OptimizerSlice&)>& visit) const override;
  void restore(RestoredSlice slice) override;

 private:
  /// What at::_fused_adamw_ takes of the tensors that decay alike.
  struct Group {
    bool decays = false;
    std::vector<at::Tensor> weights, gradients, first_moments, second_moments;
  };

  [[nodiscard]] at::Tensor slice_of(const at::Tensor& flat) const;
  /// The slices become what passes see, on all ranks.
  void hand_out_weights();

  const mpi::Communicator& communicator_;
  Parameters& parameters_;
  AdamwRule rule_;
  bool is_bf16_;
  std::vector<std::size_t> begins_;
  std::vector<Bucket> buckets_;
  std::unique_ptr<DeviceExchange> exchange_;  ///< nothing for one rank
  /// Weights and moments of the slice: kOptimizerParts.
  std::array<at::Tensor, kOptimizerParts.size()> parts_;
  std::array<Group, 2> groups_;
  std::uint64_t steps_ = 0;
  bool has_gradients_ = false;  ///< of this step
  std::size_t taken_ = 0;       ///< buckets of this step that are on their way
};

}  // namespace winnow::training
