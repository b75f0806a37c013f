#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/model_config.hpp"
#include "model/products_torch.hpp"
#include "model/weight_files.hpp"

namespace winnow::model {

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

/// On the CPU, matrices whose type and place in the file allow it are read where the files are
/// mapped, so that the ranks of a node hold them once; the rest is copied. On the meta device
/// nothing is read: the tensors have no bytes.
/// @param mapped  not null: takes the tensors that look at the mapped files, of `weights` or not
/// @throws core::ModelError naming a tensor that is missing, of wrong shape or type, or not part of
/// the architecture.
[[nodiscard]] DecoderWeights load_decoder_weights(const DecoderConfig& config,
                                                  const std::shared_ptr<WeightFiles>& files,
                                                  Arithmetic arithmetic, const at::Device& device,
                                                  std::vector<at::Tensor>* mapped = nullptr);

}  // namespace winnow::model
