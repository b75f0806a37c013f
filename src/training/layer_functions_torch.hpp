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
/// width]. The gradients of weights are added to the tensors given for them as the way back passes
/// (those of matrices are written by the first one: ProductOptions::is_first); where such a tensor
/// is undefined, the weight is frozen.

struct ProductOptions {
  /// bf16: what goes into a product is rounded, on the way in and on the way back.
  model::Rounding rounding = model::Rounding::none;
  /// The next way back: it writes the gradients of matrices instead of adding to them.
  bool is_first = false;
};

/// x W^T + b, and what adapters add to it. All but `x` must stay until the way back.
[[nodiscard]] at::Tensor product(const at::Tensor& x, const model::Linear& linear,
                                 const model::Linear& gradient,
                                 const std::vector<Adapter>& adapters,
                                 const ProductOptions& options);

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
