#pragma once

#include <ATen/core/Tensor.h>

#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "model/row_kernels.hpp"

namespace winnow::model {

/// Attention of each segment's rows to the batch's common beginning and to themselves: to those
/// before them where the model is causal, to the last `layer.window` of those only unless that is
/// 0. A common beginning is possible on the CPU only, in a causal model without attention_cap, and
/// only where no segment is longer than the window.
/// @param qkv  [rows, (heads + 2 * kv_heads) * head_size]: query, key, value heads
/// @param out  [rows, heads * head_size], rounded as the input of a product; elsewhere than on the
///             CPU, where no mask is needed, so are queries, keys and values
void attend(at::Tensor out, const at::Tensor& qkv, const DecoderConfig& config,
            const LayerConfig& layer, const PackedBatch& batch, Rounding rounding);

}  // namespace winnow::model
