#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/model_config.hpp"
#include "model/weight_files.hpp"

namespace winnow::model {

/// y = x W^T + b. Matrices [out, in] in the model's precision, biases in float32, undefined where
/// there is none.
struct Linear {
  at::Tensor weight;
  at::Tensor bias;
};

/// In float32; undefined where the family has none at that place, `bias` where RMSNorm has none.
struct Norm {
  at::Tensor weight;
  at::Tensor bias;
  [[nodiscard]] bool defined() const { return weight.defined(); }
};

/// Products that read the same input are one matrix.
struct DecoderLayer {
  LayerConfig config;
  Norm attention_norm;
  Linear qkv;  ///< query, key, value heads
  Norm query_norm;
  Norm key_norm;
  Linear attention_out;
  Norm attention_out_norm;
  Norm mlp_norm;
  Linear gate_up;  ///< `up` alone where there is no gate
  Linear down;
  Norm down_norm;
};

struct DecoderWeights {
  at::Tensor embedding;
  at::Tensor
      positions;  ///< [rows, width] float32, with the row of token type 0 added; or undefined
  Norm embedding_norm;
  std::vector<DecoderLayer> layers;
  Norm final_norm;
  at::Tensor head;  ///< the embedding itself where the head is tied; undefined of an encoder
  std::uint64_t parameters = 0;
};

/// @throws core::ModelError naming a tensor that is missing, of wrong shape or type, or not part of
/// the architecture.
[[nodiscard]] DecoderWeights load_decoder_weights(const DecoderConfig& config, WeightFiles& files,
                                                  at::ScalarType matrix_type,
                                                  const at::Device& device);

}  // namespace winnow::model
