#include "model/decoder_torch.hpp"

#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>

#include "model/attention_torch.hpp"

namespace winnow::model {

Decoder::Decoder(DecoderConfig config, DecoderWeights weights, Arithmetic arithmetic, bool profile)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      products_(arithmetic, PassClock(weights_.embedding.device(), profile)),
      rotaries_(config_.rotaries.begin(), config_.rotaries.end()) {}

void Decoder::reserve(std::int64_t rows) {
  if (buffers_.residual.defined() && buffers_.residual.size(0) >= rows) return;
  const auto buffer = [&](std::int64_t width) {
    return at::empty({rows, width}, weights_.embedding.options().dtype(at::kFloat));
  };
  const std::int64_t query = std::int64_t{config_.heads} * config_.head_size;
  const std::int64_t key = std::int64_t{config_.kv_heads} * config_.head_size;
  const std::int64_t inner = config_.intermediate_size;
  buffers_ = {};
  buffers_ = {.residual = buffer(config_.hidden_size),
              .normed = buffer(config_.hidden_size),
              .qkv = buffer(query + 2 * key),
              .attention = buffer(query),
              .gate_up = buffer(config_.is_gated ? 2 * inner : inner),
              .activated = buffer(inner)};
}

Decoder::Buffers Decoder::first(std::int64_t rows) const {
  const auto cut = [&](const at::Tensor& buffer) { return buffer.narrow(0, 0, rows); };
  return {cut(buffers_.residual),  cut(buffers_.normed),  cut(buffers_.qkv),
          cut(buffers_.attention), cut(buffers_.gate_up), cut(buffers_.activated)};
}

void Decoder::embed(const Buffers& buffers, const PackedBatch& batch) {
  const at::Device device = buffers.residual.device();
  at::Tensor residual = buffers.residual;
  residual.copy_(weights_.embedding.index_select(0, index_tensor(batch.ids, device)));
  if (config_.embedding_scale != 1)
    residual.mul_(at::scalar_tensor(config_.embedding_scale, at::kFloat)
                      .to(weights_.embedding.scalar_type())
                      .to(at::kFloat)
                      .to(device));
  if (weights_.positions.defined())
    residual.add_(weights_.positions.index_select(0, index_tensor(batch.positions, device)));
  if (weights_.embedding_norm.defined())
    normalize(residual, residual, weights_.embedding_norm, config_.norm_epsilon, Rounding::none);
}

void Decoder::sublayer_input(const Buffers& buffers, const Norm& norm) {
  if (norm.defined())
    normalize(buffers.normed, buffers.residual, norm, config_.norm_epsilon,
              products_.input_rounding());
  else
    round_rows(buffers.normed, buffers.residual, products_.input_rounding());
}

void Decoder::add_to_residual(const Buffers& buffers, const at::Tensor& x, const Linear& linear,
                              const Norm& norm) {
  at::Tensor residual = buffers.residual;
  if (!norm.defined() || config_.norms_of_sums) {
    products_.multiply_add(residual, x, linear);
    if (norm.defined()) normalize(residual, residual, norm, config_.norm_epsilon, Rounding::none);
    return;
  }
  at::Tensor added = buffers.normed;
  products_.multiply(added, x, linear);
  normalize(added, added, norm, config_.norm_epsilon, Rounding::none);
  residual.add_(added);
}

KvCache Decoder::empty_cache() const {
  return {static_cast<std::int64_t>(weights_.layers.size()), config_.kv_heads, config_.head_size,
          device()};
}

void Decoder::attention_block(std::size_t layer_index, const Buffers& buffers,
                              const PackedBatch& batch, const std::vector<at::Tensor>& table_rows,
                              const CachedPass* pass) {
  const DecoderLayer& layer = weights_.layers[layer_index];
  sublayer_input(buffers, layer.attention_norm);
  products_.multiply(buffers.qkv, buffers.normed, layer.qkv);
  if (layer.query_norm.defined()) norm_queries_and_keys(buffers.qkv, config_, layer);
  if (!rotaries_.empty())
    rotate(buffers.qkv, config_, rotaries_[layer.config.rotary], table_rows[layer.config.rotary]);
  const auto timer = products_.clock().time(&PassTimes::attention);
  if (pass != nullptr && pass->kind == CachedPass::Kind::next)
    return attend_next(buffers.attention, buffers.qkv, config_, layer_index, *pass,
                       products_.input_rounding());
  attend(buffers.attention, buffers.qkv, config_, layer.config, batch, products_.input_rounding());
  if (pass != nullptr) keep_whole(buffers.qkv, layer_index, batch, *pass);
}

void Decoder::mlp_block(const DecoderLayer& layer, const Buffers& buffers) {
  if (config_.parallel_residual) sublayer_input(buffers, layer.mlp_norm);
  add_to_residual(buffers, buffers.attention, layer.attention_out, layer.attention_out_norm);
  if (!config_.parallel_residual) sublayer_input(buffers, layer.mlp_norm);
  products_.multiply(buffers.gate_up, buffers.normed, layer.gate_up);
  activate(buffers.activated, buffers.gate_up, config_, products_.input_rounding());
  add_to_residual(buffers, buffers.activated, layer.down, layer.down_norm);
}

at::Tensor Decoder::run(const PackedBatch& batch, const CachedPass* pass) {
  const at::Device device = this->device();
  const auto rows = static_cast<std::int64_t>(batch.ids.size());
  reserve(rows);
  Buffers buffers = first(rows);
  embed(buffers, batch);
  std::vector<at::Tensor> table_rows;
  for (RotaryTable& rotary : rotaries_) {
    rotary.grow(batch.positions_used, device);
    table_rows.push_back(rotary.table_rows(batch, device));
  }

  for (std::size_t layer = 0; layer < weights_.layers.size(); ++layer) {
    attention_block(layer, buffers, batch, table_rows, pass);
    if (layer + 1 == weights_.layers.size()) {
      // From here on rows do not see each other: only those that predict a scored token go on.
      const at::Tensor scored = index_tensor(batch.scored_rows, device);
      const at::Tensor residual = buffers.residual.index_select(0, scored);
      const at::Tensor attention = buffers.attention.index_select(0, scored);
      buffers = first(scored.size(0));
      buffers.residual.copy_(residual);
      buffers.attention.copy_(attention);
    }
    mlp_block(weights_.layers[layer], buffers);
  }
  if (!weights_.final_norm.defined()) return buffers.residual;
  normalize(buffers.normed, buffers.residual, weights_.final_norm, config_.norm_epsilon,
            products_.input_rounding());
  return buffers.normed;
}

}  // namespace winnow::model
