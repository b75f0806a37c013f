#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/decoder_ops_torch.hpp"
#include "model/kv_cache_torch.hpp"
#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "model/products_torch.hpp"
#include "model/weight_files.hpp"

namespace winnow::model {

/// y = x W^T + b. Matrices [out, in] in the model's precision, biases in float32, undefined where
/// there is none.
struct Linear {
  at::Tensor weight;
  at::Tensor bias;
};

/// Norms in float32, undefined where the family has none at that place. Products that read the same
/// input are one matrix.
struct DecoderLayer {
  at::Tensor attention_norm;
  Linear qkv;  ///< query, key, value heads
  at::Tensor query_norm;
  at::Tensor key_norm;
  Linear attention_out;
  at::Tensor attention_out_norm;
  at::Tensor mlp_norm;
  Linear gate_up;
  Linear down;
  at::Tensor down_norm;
  std::uint32_t window = 0;  ///< tokens that a token sees, itself included; 0: all before it
};

struct DecoderWeights {
  at::Tensor embedding;
  std::vector<DecoderLayer> layers;
  at::Tensor norm;
  at::Tensor head;  ///< the embedding itself where the head is tied
  std::uint64_t parameters = 0;
};

/// @throws core::ModelError naming a tensor that is missing, of wrong shape or type, or not part of
/// the architecture.
[[nodiscard]] DecoderWeights load_decoder_weights(const DecoderConfig& config, WeightFiles& files,
                                                  at::ScalarType matrix_type,
                                                  const at::Device& device);

/// The decoder up to its last norm. Buffers are kept between batches.
class Decoder {
 public:
  Decoder(DecoderConfig config, DecoderWeights weights, Arithmetic arithmetic);

  /// Normed hidden states of the batch's scored rows, float32. [scored_rows, hidden_size]
  /// @param pass  not null: attention goes by a cache, whose sequences the batch's segments are
  [[nodiscard]] at::Tensor run(const PackedBatch& batch, const CachedPass* pass = nullptr);

  [[nodiscard]] const at::Tensor& head() const { return weights_.head; }
  [[nodiscard]] Products& products() { return products_; }
  /// A cache for run, with no sequence in it.
  [[nodiscard]] KvCache empty_cache() const;

 private:
  struct Buffers {
    at::Tensor residual, normed, qkv, attention, gate_up, activated;
  };
  void reserve(std::int64_t rows);
  [[nodiscard]] Buffers first(std::int64_t rows) const;
  /// The input of a sublayer's products: the residual, normed where the family does so before.
  void sublayer_input(const Buffers& buffers, const at::Tensor& norm);
  /// residual += norm(x W^T + b), without the norm where the family has none there.
  void add_to_residual(const Buffers& buffers, const at::Tensor& x, const Linear& linear,
                       const at::Tensor& norm);
  void attention_block(std::size_t layer_index, const Buffers& buffers, const PackedBatch& batch,
                       const at::Tensor& positions, const CachedPass* pass);
  void mlp_block(const DecoderLayer& layer, const Buffers& buffers);

  DecoderConfig config_;
  DecoderWeights weights_;
  Products products_;
  RotaryTable rotary_;
  Buffers buffers_;
};

}  // namespace winnow::model
