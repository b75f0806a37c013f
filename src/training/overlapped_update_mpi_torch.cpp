#include "training/overlapped_update_mpi_torch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/freed_memory.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "training/gradient_clip.hpp"

namespace winnow::training {
namespace {

/// 32 MiB: long enough for the full speed of a link, short beside a model's gradients.
constexpr std::size_t kBucketElements = std::size_t{8} << 20;

/// Of finite values it is finite.
double norm_of(const at::Tensor& values) {
  return at::linalg_vector_norm(values, 2, {}, /*keepdim=*/false, at::kDouble).item<double>();
}

}  // namespace

OverlappedUpdate::OverlappedUpdate(const mpi::Communicator& communicator, Parameters& parameters,
                                   const TrainingOptions& options)
    : communicator_(communicator),
      parameters_(parameters),
      rule_(options.adamw),
      is_bf16_(options.is_bf16),
      begins_(slice_begins(static_cast<std::size_t>(parameters.values.numel()),
                           static_cast<std::size_t>(communicator.size()))),
      buckets_(buckets_of(begins_, kBucketElements)) {
  if (parameters_.values.is_cpu()) core::keep_freed_memory();
  if (communicator.size() > 1)
    exchange_ = open_device_exchange(communicator, parameters.values.device());
  parts_[0] = slice_of(parameters.values).clone();
  for (std::size_t part = 1; part < parts_.size(); ++part) parts_[part] = at::zeros_like(parts_[0]);
  const auto begin = static_cast<std::int64_t>(place().begin);
  const auto end = begin + parts_[0].numel();
  for (const WeightRange& range : parameters.ranges) {
    const std::int64_t from = std::max(range.begin, begin);
    const std::int64_t to = std::min(range.begin + range.size, end);
    if (from >= to) continue;
    Group& group = groups_[range.decays ? 1 : 0];
    group.decays = range.decays;
    group.gradients.push_back(parameters.gradients.narrow(0, from, to - from));
    std::vector<at::Tensor>* const lists[] = {&group.weights, &group.first_moments,
                                              &group.second_moments};
    for (std::size_t part = 0; part < parts_.size(); ++part)
      lists[part]->push_back(parts_[part].narrow(0, from - begin, to - from));
  }
  if (is_bf16_) parameters_.values.copy_(parameters_.values.to(at::kBFloat16));
}

SlicePlace OverlappedUpdate::place() const {
  const auto rank = static_cast<std::size_t>(communicator_.rank());
  return {begins_[rank], begins_[rank + 1] - begins_[rank], begins_.back()};
}

at::Tensor OverlappedUpdate::slice_of(const at::Tensor& flat) const {
  const SlicePlace slice = place();
  return flat.narrow(0, static_cast<std::int64_t>(slice.begin),
                     static_cast<std::int64_t>(slice.size));
}

bool OverlappedUpdate::begin_shard(bool has_rows) {
  return has_rows && !std::exchange(has_gradients_, true);
}

void OverlappedUpdate::take_from(std::int64_t begin) {
  if (!exchange_) return;
  for (; taken_ < buckets_.size() && static_cast<std::int64_t>(buckets_[taken_].begin) >= begin;
       ++taken_) {
    const Bucket& bucket = buckets_[taken_];
    exchange_->reduce(parameters_.gradients.narrow(0, static_cast<std::int64_t>(bucket.begin),
                                                   static_cast<std::int64_t>(bucket.size)),
                      bucket.owner);
  }
  exchange_->progress();
}

void OverlappedUpdate::end_passes() {
  if (!has_gradients_) parameters_.gradients.zero_();
  take_from(0);
  if (exchange_) exchange_->wait();
  has_gradients_ = false;
  taken_ = 0;
}

StepNorm OverlappedUpdate::step(const UpdateOptions& options) {
  const at::Tensor gradient = slice_of(parameters_.gradients);
  const double own = norm_of(gradient);
  StepNorm result{std::sqrt(mpi::sum(communicator_, own * own)), 1};
  if (!std::isfinite(result.norm))
    throw core::ModelError(fmt::format("step {}: the gradient is not finite", steps_ + 1));
  result.scale = clip_scale(result.norm, options.clip_norm);
  if (result.scale != 1) at::Tensor(gradient).mul_(result.scale);
  ++steps_;
  const at::Tensor count =
      at::full({}, static_cast<double>(steps_), parts_[0].options().dtype(at::kFloat));
  for (const Group& group : groups_) {
    if (group.weights.empty()) continue;
    const std::vector<at::Tensor> counts(group.weights.size(), count);
    at::_fused_adamw_(group.weights, group.gradients, group.first_moments, group.second_moments, {},
                      counts, options.learning_rate, rule_.beta1, rule_.beta2,
                      group.decays ? options.weight_decay : 0, rule_.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false);
  }
  const bool are_finite = std::isfinite(norm_of(parts_[0]));
  mpi::agree_on(communicator_, [&] {
    if (!are_finite)
      throw core::ModelError(fmt::format("step {}: weights are no longer finite", steps_));
  });
  hand_out_weights();
  return result;
}

void OverlappedUpdate::hand_out_weights() {
  slice_of(parameters_.values).copy_(is_bf16_ ? parts_[0].to(at::kBFloat16) : parts_[0]);
  if (!exchange_) return;
  for (const Bucket& bucket : buckets_)
    exchange_->broadcast(parameters_.values.narrow(0, static_cast<std::int64_t>(bucket.begin),
                                                   static_cast<std::int64_t>(bucket.size)),
                         bucket.owner);
  exchange_->wait();
}

void OverlappedUpdate::with_state(const std::function<void(const OptimizerSlice&)>& visit) const {
  std::array<at::Tensor, kOptimizerParts.size()> held;
  OptimizerSlice slice{steps_, place(), {}};
  for (std::size_t part = 0; part < held.size(); ++part) {
    held[part] = parts_[part].cpu();
    slice.parts[part] = {held[part].const_data_ptr<float>(),
                         static_cast<std::size_t>(held[part].numel())};
  }
  visit(slice);
}

void OverlappedUpdate::restore(RestoredSlice slice) {
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    core::check(slice.parts[part].size() == place().size,
                "a restored slice is as long as the rank's own");
    parts_[part].copy_(at::from_blob(slice.parts[part].data(), parts_[part].sizes(), at::kFloat));
  }
  steps_ = slice.steps;
  hand_out_weights();
}

}  // namespace winnow::training
