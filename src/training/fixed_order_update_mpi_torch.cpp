#include "training/fixed_order_update_mpi_torch.hpp"

#include <algorithm>
#include <utility>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>

#include "core/freed_memory.hpp"

namespace winnow::training {
namespace {

std::span<float> values_of(const at::Tensor& flat) {
  return {flat.mutable_data_ptr<float>(), static_cast<std::size_t>(flat.numel())};
}

}  // namespace

FixedOrderUpdate::FixedOrderUpdate(const mpi::Communicator& communicator, Parameters& parameters,
                                   const TrainingOptions& options)
    : parameters_(parameters),
      is_bf16_(options.is_bf16),
      adamw_(communicator, values_of(parameters.values.cpu()), parameters.ranges, options.adamw),
      host_weights_(parameters.values.is_cpu() ? parameters.values
                                               : at::empty_like(parameters.values, at::kCPU)) {
  if (parameters_.values.is_cpu()) core::keep_freed_memory();
  if (is_bf16_) parameters_.values.copy_(parameters_.values.to(at::kBFloat16));
}

void FixedOrderUpdate::take_weights(const std::function<void(std::span<float>)>& change) {
  change(values_of(host_weights_));
  if (!parameters_.values.is_cpu()) parameters_.values.copy_(host_weights_);
  if (is_bf16_) parameters_.values.copy_(parameters_.values.to(at::kBFloat16));
}

std::span<float> FixedOrderUpdate::free_memory() {
  const auto is_free = [&](const std::unique_ptr<float[]>& memory) {
    return std::ranges::none_of(
        sum_.nodes(), [&](const auto& node) { return node.second.data() == memory.get(); });
  };
  const auto size = static_cast<std::size_t>(parameters_.gradients.numel());
  auto found = std::ranges::find_if(gradient_memory_, is_free);
  if (found == gradient_memory_.end())
    found = gradient_memory_.insert(found, std::make_unique_for_overwrite<float[]>(size));
  return {found->get(), size};
}

bool FixedOrderUpdate::begin_shard(bool has_rows) {
  memory_ = free_memory();
  if (parameters_.gradients.is_cpu())
    parameters_.gradients.storage().set_data_ptr_noswap({memory_.data(), at::kCPU});
  if (!has_rows) parameters_.gradients.zero_();
  return true;
}

void FixedOrderUpdate::end_shard(std::size_t shard) {
  if (!parameters_.gradients.is_cpu())
    at::from_blob(memory_.data(), parameters_.gradients.sizes(), at::kFloat)
        .copy_(parameters_.gradients);
  sum_.add({shard, shard + 1}, memory_);
}

StepNorm FixedOrderUpdate::step(const UpdateOptions& options) {
  const GradientSum sum = std::exchange(sum_, {});
  StepNorm norm;
  take_weights([&](std::span<float> weights) { norm = adamw_.step(sum, options, weights); });
  return norm;
}

SlicePlace FixedOrderUpdate::place() const {
  return {adamw_.begin(), adamw_.size(), adamw_.elements()};
}

void FixedOrderUpdate::with_state(const std::function<void(const OptimizerSlice&)>& visit) const {
  visit(
      {adamw_.steps(), place(), {adamw_.weights(), adamw_.first_moment(), adamw_.second_moment()}});
}

void FixedOrderUpdate::restore(RestoredSlice slice) {
  take_weights([&](std::span<float> weights) { adamw_.restore(std::move(slice), weights); });
}

}  // namespace winnow::training
