#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/row_kernels.hpp"

namespace winnow::training {

/// The loss of one micro-batch and the way back to the last hidden states.
struct WeightedLoss {
  std::vector<float> losses;   ///< nats, of each target
  at::Tensor hidden_gradient;  ///< [rows, width]: of sum_i weight_i * loss_i
};

/// The negative log-likelihood of `targets` under the logits hidden W^T (cap * tanh(. / cap) where
/// cap > 0), forward and back in one, some rows at a time, so that logits never stand whole. The
/// gradient of W is added to `head_gradient` unless that is undefined.
/// @param hidden   [rows, width] float32, one row for each target
/// @param weights  [targets] what each target counts in the loss
[[nodiscard]] WeightedLoss weighted_loss(const at::Tensor& hidden, const at::Tensor& head,
                                         const at::Tensor& head_gradient, double cap,
                                         const std::vector<std::int64_t>& targets,
                                         const std::vector<float>& weights,
                                         model::Rounding rounding);

/// The losses of `targets` alone: those of weighted_loss but for the last bits.
[[nodiscard]] std::vector<float> target_losses(const at::Tensor& hidden, const at::Tensor& head,
                                               double cap, const std::vector<std::int64_t>& targets,
                                               model::Rounding rounding);

}  // namespace winnow::training
