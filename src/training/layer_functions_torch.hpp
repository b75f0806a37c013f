#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/decoder_ops_torch.hpp"
#include "model/decoder_weights_torch.hpp"
#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "training/adapter_torch.hpp"

namespace winnow::training {

/// The decoder's steps as functions that autograd goes back through, on float32 tensors [rows,
/// width]. The gradients of weights are added to the tensors given for them as the way back passes;
/// where such a tensor is undefined, the weight is frozen.

/// x W^T + b, and what adapters add to it. With Rounding::bf16 what goes into a product is rounded,
/// on the way in and on the way back.
[[nodiscard]] at::Tensor product(const at::Tensor& x, const model::Linear& linear,
                                 const model::Linear& gradient,
                                 const std::vector<Adapter>& adapters, model::Rounding rounding);

/// RMSNorm, or LayerNorm where the norm has a bias.
[[nodiscard]] at::Tensor normed(const at::Tensor& x, const model::Norm& norm,
                                const model::Norm& gradient, double epsilon);

/// RMSNorm of the query and of the key heads of qkv.
[[nodiscard]] at::Tensor with_normed_heads(const at::Tensor& qkv,
                                           const model::DecoderConfig& config,
                                           const model::DecoderLayer& layer,
                                           const model::DecoderLayer& gradient);

/// model::rotate
[[nodiscard]] at::Tensor rotated(const at::Tensor& qkv, const model::DecoderConfig& config,
                                 const model::RotaryTable& table, const at::Tensor& table_rows);

/// f(gate) * up of gate_up [rows, 2 * width] where the model is gated, else f(gate_up).
[[nodiscard]] at::Tensor activated(const at::Tensor& gate_up, const model::DecoderConfig& config);

}  // namespace winnow::training
