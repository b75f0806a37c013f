#pragma once

#include <ATen/core/Tensor.h>

#include "model/model_config.hpp"
#include "model/packed_batch.hpp"

namespace winnow::training {

/// model::attend as a function that autograd goes back through. Probabilities are computed again on
/// the way back, for some queries at a time, so that memory stays linear in the text.
/// @param batch  without a common beginning; lives until the way back is through
[[nodiscard]] at::Tensor attended(const at::Tensor& qkv, const model::DecoderConfig& config,
                                  const model::LayerConfig& layer, const model::PackedBatch& batch);

}  // namespace winnow::training
