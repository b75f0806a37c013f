#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/decoder_ops_torch.hpp"
#include "model/decoder_weights_torch.hpp"
#include "model/kv_cache_torch.hpp"
#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "model/products_torch.hpp"

namespace winnow::model {

/// The transformer up to its last norm. Buffers are kept between batches.
class Decoder {
 public:
  /// @param profile  LoadOptions::profile
  Decoder(DecoderConfig config, DecoderWeights weights, Arithmetic arithmetic, bool profile);

  /// Last hidden states, normed where the family has a last norm, of the batch's scored rows,
  /// float32. [scored_rows, hidden_size]
  /// @param pass  not null: keys and values go by a cache, whose sequences the segments are
  [[nodiscard]] at::Tensor run(const PackedBatch& batch, const CachedPass* pass = nullptr);

  [[nodiscard]] const DecoderConfig& config() const { return config_; }
  [[nodiscard]] at::Device device() const { return weights_.embedding.device(); }
  [[nodiscard]] const at::Tensor& head() const { return weights_.head; }
  [[nodiscard]] Products& products() { return products_; }
  [[nodiscard]] const Products& products() const { return products_; }
  /// For passes of this decoder, with no sequence in it.
  [[nodiscard]] KvCache empty_cache() const;

 private:
  struct Buffers {
    at::Tensor residual, normed, qkv, attention, gate_up, activated;
  };
  void reserve(std::int64_t rows);
  [[nodiscard]] Buffers first(std::int64_t rows) const;
  void embed(const Buffers& buffers, const PackedBatch& batch);
  /// The input of a sublayer's products: the residual, normed where the family does so before.
  void sublayer_input(const Buffers& buffers, const Norm& norm);
  /// What the sublayer adds to the residual, and the norm behind it.
  void add_to_residual(const Buffers& buffers, const at::Tensor& x, const Linear& linear,
                       const Norm& norm);
  void attention_block(std::size_t layer_index, const Buffers& buffers, const PackedBatch& batch,
                       const std::vector<at::Tensor>& table_rows, const CachedPass* pass);
  void mlp_block(const DecoderLayer& layer, const Buffers& buffers);

  DecoderConfig config_;
  DecoderWeights weights_;
  Products products_;
  std::vector<RotaryTable> rotaries_;
  Buffers buffers_;
};

}  // namespace winnow::model
