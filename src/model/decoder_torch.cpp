#include "model/decoder_torch.hpp"

#include <cmath>
#include <cstring>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

at::ScalarType element_type(const TensorView& view, const std::string& name,
                            const std::filesystem::path& folder) {
  if (view.dtype == "F32") return at::kFloat;
  if (view.dtype == "F16") return at::kHalf;
  if (view.dtype == "BF16") return at::kBFloat16;
  throw core::ModelError(fmt::format("{}: tensor `{}` is of type {}, expected F32, F16 or BF16",
                                     folder.string(), name, view.dtype));
}

/// Copies tensors out of the mapped files in the type and on the device where they are used.
class Loader {
 public:
  Loader(WeightFiles& files, at::ScalarType matrix_type, const at::Device& device)
      : files_(files), matrix_type_(matrix_type), device_(device) {}

  at::Tensor matrix(const std::string& name, std::uint64_t out, std::uint64_t in) {
    return load(name, {out, in}, matrix_type_);
  }
  at::Tensor vector(const std::string& name, std::uint64_t size) {
    return load(name, {size}, at::kFloat);
  }
  /// Modules `names` of `outs` outputs each, under `prefix`, as one.
  Linear linear(const std::string& prefix, const std::vector<std::string>& names,
                const std::vector<std::uint64_t>& outs, std::uint64_t in, bool has_bias) {
    std::vector<at::Tensor> weights, biases;
    for (std::size_t i = 0; i < names.size(); ++i) {
      weights.push_back(matrix(prefix + names[i] + ".weight", outs[i], in));
      if (has_bias) biases.push_back(vector(prefix + names[i] + ".bias", outs[i]));
    }
    return {names.size() == 1 ? weights.front() : at::cat(weights),
            has_bias ? at::cat(biases) : at::Tensor()};
  }
  [[nodiscard]] std::uint64_t parameters() const { return parameters_; }

 private:
  at::Tensor load(const std::string& name, const std::vector<std::uint64_t>& shape,
                  at::ScalarType type) {
    const TensorView view = files_.take(name, shape);
    const std::vector<std::int64_t> sizes(shape.begin(), shape.end());
    at::Tensor raw = at::empty(
        sizes, element_type(view, name, files_.folder()));  // the file's bytes need not be aligned
    std::memcpy(raw.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
    parameters_ += static_cast<std::uint64_t>(raw.numel());
    return raw.to(device_, type);
  }

  WeightFiles& files_;
  at::ScalarType matrix_type_;
  at::Device device_;
  std::uint64_t parameters_ = 0;
};

DecoderLayer load_layer(Loader& loader, const DecoderConfig& config, const std::string& prefix) {
  const std::uint64_t width = config.hidden_size, inner = config.intermediate_size;
  const std::uint64_t query = std::uint64_t{config.heads} * config.head_size;
  const std::uint64_t key = std::uint64_t{config.kv_heads} * config.head_size;
  DecoderLayer layer;
  if (config.fused_projections) {
    layer.qkv =
        loader.linear(prefix, {"self_attn.qkv_proj"}, {query + 2 * key}, width, config.qkv_bias);
    layer.gate_up =
        loader.linear(prefix, {"mlp.gate_up_proj"}, {2 * inner}, width, config.mlp_bias);
  } else {
    layer.qkv = loader.linear(prefix, {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
                              {query, key, key}, width, config.qkv_bias);
    layer.gate_up = loader.linear(prefix, {"mlp.gate_proj", "mlp.up_proj"}, {inner, inner}, width,
                                  config.mlp_bias);
  }
  layer.attention_out =
      loader.linear(prefix, {"self_attn.o_proj"}, {width}, query, config.attention_out_bias);
  layer.down = loader.linear(prefix, {"mlp.down_proj"}, {width}, inner, config.mlp_bias);
  if (config.query_key_norm != QueryKeyNorm::none) {
    const bool is_per_head = config.query_key_norm == QueryKeyNorm::per_head;
    layer.query_norm =
        loader.vector(prefix + "self_attn.q_norm.weight", is_per_head ? config.head_size : query);
    layer.key_norm =
        loader.vector(prefix + "self_attn.k_norm.weight", is_per_head ? config.head_size : key);
  }
  if (config.norms_after) {
    layer.attention_out_norm = loader.vector(prefix + "post_attention_layernorm.weight", width);
    layer.down_norm = loader.vector(prefix + "post_feedforward_layernorm.weight", width);
  } else {
    layer.attention_norm = loader.vector(prefix + "input_layernorm.weight", width);
    layer.mlp_norm = loader.vector(prefix + "post_attention_layernorm.weight", width);
  }
  return layer;
}

/// Files may repeat a tied head, and old ones hold the rotary frequencies; both are accepted where
/// they say nothing new.
void take_redundant(WeightFiles& files, const DecoderConfig& config) {
  const std::vector<std::uint64_t> shape = {config.vocabulary_size, config.hidden_size};
  if (config.tied_head && files.contains("lm_head.weight")) {
    const TensorView head = files.take("lm_head.weight", shape);
    const TensorView embedding = files.take("model.embed_tokens.weight", shape);
    if (head.dtype != embedding.dtype ||
        std::memcmp(head.bytes.data(), embedding.bytes.data(), head.bytes.size()) != 0)
      throw core::ModelError(
          "tensor `lm_head.weight` differs from `model.embed_tokens.weight`, expected equal ones: "
          "config.json "
          "says `tie_word_embeddings`");
  }
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const std::string name = fmt::format("model.layers.{}.self_attn.rotary_emb.inv_freq", layer);
    if (files.contains(name)) static_cast<void>(files.take(name, {config.head_size / 2}));
  }
}

at::Tensor index_tensor(const std::vector<std::int64_t>& values, const at::Device& device) {
  return at::from_blob(const_cast<std::int64_t*>(values.data()),
                       {static_cast<std::int64_t>(values.size())}, at::kLong)
      .to(device);
}

}  // namespace

DecoderWeights load_decoder_weights(const DecoderConfig& config, WeightFiles& files,
                                    at::ScalarType matrix_type, const at::Device& device) {
  Loader loader(files, matrix_type, device);
  DecoderWeights weights;
  weights.embedding =
      loader.matrix("model.embed_tokens.weight", config.vocabulary_size, config.hidden_size);
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    weights.layers.push_back(load_layer(loader, config, fmt::format("model.layers.{}.", layer)));
    weights.layers.back().window = config.windows[layer];
  }
  weights.norm = loader.vector("model.norm.weight", config.hidden_size);
  weights.head = config.tied_head
                     ? weights.embedding
                     : loader.matrix("lm_head.weight", config.vocabulary_size, config.hidden_size);
  take_redundant(files, config);
  files.expect_all_taken();
  weights.parameters = loader.parameters();
  return weights;
}

Decoder::Decoder(DecoderConfig config, DecoderWeights weights, Arithmetic arithmetic)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      products_(arithmetic),
      rotary_(config_) {}

void Decoder::reserve(std::int64_t rows) {
  if (buffers_.residual.defined() && buffers_.residual.size(0) >= rows) return;
  const auto buffer = [&](std::int64_t width) {
    return at::empty({rows, width}, weights_.norm.options());
  };
  const std::int64_t query = std::int64_t{config_.heads} * config_.head_size;
  const std::int64_t key = std::int64_t{config_.kv_heads} * config_.head_size;
  buffers_ = {};
  buffers_ = {.residual = buffer(config_.hidden_size),
              .normed = buffer(config_.hidden_size),
              .qkv = buffer(query + 2 * key),
              .attention = buffer(query),
              .gate_up = buffer(2 * std::int64_t{config_.intermediate_size}),
              .activated = buffer(config_.intermediate_size)};
}

Decoder::Buffers Decoder::first(std::int64_t rows) const {
  const auto cut = [&](const at::Tensor& buffer) { return buffer.narrow(0, 0, rows); };
  return {cut(buffers_.residual),  cut(buffers_.normed),  cut(buffers_.qkv),
          cut(buffers_.attention), cut(buffers_.gate_up), cut(buffers_.activated)};
}

KvCache Decoder::empty_cache() const {
  return {config_.layers, config_.kv_heads, config_.head_size, weights_.norm.device()};
}

void Decoder::attention_block(std::size_t layer_index, const Buffers& buffers,
                              const PackedBatch& batch, const at::Tensor& positions,
                              const CachedPass* pass) {
  const DecoderLayer& layer = weights_.layers[layer_index];
  sublayer_input(buffers, layer.attention_norm);
  products_.multiply(buffers.qkv, buffers.normed, layer.qkv.weight);
  if (layer.qkv.bias.defined()) buffers.qkv.add_(layer.qkv.bias);
  if (layer.query_norm.defined())
    norm_queries_and_keys(buffers.qkv, config_, layer.query_norm, layer.key_norm);
  rotate(buffers.qkv, config_, rotary_, positions);
  if (pass != nullptr && pass->kind == CachedPass::Kind::next) {
    attend_next(buffers.attention, buffers.qkv, layer_index, *pass,
                {1 / std::sqrt(static_cast<double>(config_.head_size)), 0, layer.window});
    return round_rows(buffers.attention, buffers.attention, products_.input_rounding());
  }
  attend(buffers.attention, buffers.qkv, config_, batch, layer.window, products_.input_rounding());
  if (pass != nullptr) keep_whole(buffers.qkv, layer_index, batch, *pass);
}

void Decoder::sublayer_input(const Buffers& buffers, const at::Tensor& norm) {
  if (norm.defined())
    rms_norm(buffers.normed, buffers.residual, norm, config_.norm_epsilon,
             products_.input_rounding());
  else
    round_rows(buffers.normed, buffers.residual, products_.input_rounding());
}

void Decoder::add_to_residual(const Buffers& buffers, const at::Tensor& x, const Linear& linear,
                              const at::Tensor& norm) {
  if (!norm.defined()) {
    products_.multiply_add(buffers.residual, x, linear.weight);
    if (linear.bias.defined()) buffers.residual.add_(linear.bias);
    return;
  }
  products_.multiply(buffers.normed, x, linear.weight);
  if (linear.bias.defined()) buffers.normed.add_(linear.bias);
  rms_norm(buffers.normed, buffers.normed, norm, config_.norm_epsilon, Rounding::none);
  buffers.residual.add_(buffers.normed);
}

void Decoder::mlp_block(const DecoderLayer& layer, const Buffers& buffers) {
  add_to_residual(buffers, buffers.attention, layer.attention_out, layer.attention_out_norm);
  sublayer_input(buffers, layer.mlp_norm);
  products_.multiply(buffers.gate_up, buffers.normed, layer.gate_up.weight);
  if (layer.gate_up.bias.defined()) buffers.gate_up.add_(layer.gate_up.bias);
  silu_product(buffers.activated, buffers.gate_up, products_.input_rounding());
  add_to_residual(buffers, buffers.activated, layer.down, layer.down_norm);
}

at::Tensor Decoder::run(const PackedBatch& batch, const CachedPass* pass) {
  const auto rows = static_cast<std::int64_t>(batch.ids.size());
  const at::Device device = weights_.norm.device();
  reserve(rows);
  rotary_.grow(batch.positions_used, device);
  Buffers buffers = first(rows);
  const at::Tensor positions = index_tensor(batch.positions, device);
  buffers.residual.copy_(weights_.embedding.index_select(0, index_tensor(batch.ids, device)));

  for (std::size_t layer = 0; layer < weights_.layers.size(); ++layer) {
    attention_block(layer, buffers, batch, positions, pass);
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
  rms_norm(buffers.normed, buffers.residual, weights_.norm, config_.norm_epsilon,
           products_.input_rounding());
  return buffers.normed;
}

}  // namespace winnow::model
