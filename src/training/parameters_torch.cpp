#include "training/parameters_torch.hpp"

#include <string_view>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/TensorOperators.h>
#include <fmt/format.h>

namespace winnow::training {
namespace {

/// Calls visit(tensor, decays) for every tensor that is trained, in one order.
template <typename Weights, typename Visit>
void for_each_tensor(Weights& weights, bool tied_head, const Visit& visit) {
  const auto norm = [&](auto& each) {
    if (each.weight.defined()) visit(each.weight, false);
    if (each.bias.defined()) visit(each.bias, false);
  };
  const auto linear = [&](auto& each) {
    visit(each.parts.front(), true);
    if (each.bias.defined()) visit(each.bias, false);
  };
  visit(weights.embedding, true);
  if (weights.positions.defined()) visit(weights.positions, true);
  norm(weights.embedding_norm);
  for (auto& layer : weights.layers) {
    norm(layer.attention_norm);
    linear(layer.qkv);
    norm(layer.query_norm);
    norm(layer.key_norm);
    linear(layer.attention_out);
    norm(layer.attention_out_norm);
    norm(layer.mlp_norm);
    linear(layer.gate_up);
    linear(layer.down);
    norm(layer.down_norm);
  }
  norm(weights.final_norm);
  if (weights.head.defined() && !tied_head) visit(weights.head, true);
}

/// The same weights as places of `flat`.
model::DecoderWeights places_of(const model::DecoderConfig& config, model::DecoderWeights weights,
                                const at::Tensor& flat) {
  std::int64_t begin = 0;
  for_each_tensor(weights, config.tied_head, [&](at::Tensor& tensor, bool) {
    const std::int64_t size = tensor.numel();
    tensor = flat.narrow(0, begin, size).view(tensor.sizes());
    begin += size;
  });
  if (config.tied_head) weights.head = weights.embedding;
  return weights;
}

}  // namespace

Parameters flat_parameters(const model::DecoderConfig& config,
                           const model::DecoderWeights& weights) {
  Parameters parameters;
  std::int64_t size = 0;
  for_each_tensor(weights, config.tied_head, [&](const at::Tensor& tensor, bool decays) {
    parameters.ranges.push_back({size, tensor.numel(), decays});
    size += tensor.numel();
  });
  parameters.values = at::empty({size}, weights.embedding.options().dtype(at::kFloat));
  parameters.gradients = at::zeros_like(parameters.values);
  std::size_t range = 0;
  for_each_tensor(weights, config.tied_head, [&](const at::Tensor& tensor, bool) {
    const WeightRange& place = parameters.ranges[range++];
    parameters.values.narrow(0, place.begin, place.size).copy_(tensor.flatten());
  });
  parameters.weights = places_of(config, weights, parameters.values);
  parameters.gradient = places_of(config, weights, parameters.gradients);
  return parameters;
}

namespace {

/// Collects tensors under their full names.
class Names {
 public:
  Names(const model::DecoderConfig& config, std::vector<NamedTensor>& out)
      : config_(config), out_(out) {}

  void add(std::string_view prefix, std::string_view name, std::string_view kind,
           const at::Tensor& values) {
    out_.push_back({fmt::format("{}{}.{}", prefix, name, kind), values});
  }
  void norm(std::string_view prefix, std::string_view name, const model::Norm& norm) {
    if (!norm.defined()) return;
    add(prefix, name, "weight", config_.norm_weights_from_one ? norm.weight - 1 : norm.weight);
    if (norm.bias.defined()) add(prefix, name, "bias", norm.bias);
  }
  /// Rows [begin, begin + size) of a product that are a matrix of their own in the files.
  void part(std::string_view prefix, std::string_view name, const model::Linear& linear,
            std::int64_t begin, std::int64_t size) {
    const at::Tensor matrix = linear.parts.front().narrow(0, begin, size);
    add(prefix, name, "weight", config_.tensors.are_matrices_transposed ? matrix.t() : matrix);
    if (linear.bias.defined()) add(prefix, name, "bias", linear.bias.narrow(0, begin, size));
  }
  void whole(std::string_view prefix, std::string_view name, const model::Linear& linear) {
    part(prefix, name, linear, 0, linear.parts.front().size(0));
  }

 private:
  const model::DecoderConfig& config_;
  std::vector<NamedTensor>& out_;
};

/// Rows by head again: a head's query, key and value, then the next head's.
at::Tensor grouped(const at::Tensor& rows, const model::DecoderConfig& config) {
  return rows.unflatten(0, {3, config.heads, config.head_size}).transpose(0, 1).flatten(0, 2);
}

void name_qkv(Names& names, const model::DecoderConfig& config, std::string_view prefix,
              model::Linear qkv) {
  const model::TensorNames& known = config.tensors;
  const std::int64_t query = std::int64_t{config.heads} * config.head_size;
  const std::int64_t key = std::int64_t{config.kv_heads} * config.head_size;
  if (known.qkv_layout == model::QkvLayout::separate) {
    names.part(prefix, known.qkv[0], qkv, 0, query);
    names.part(prefix, known.qkv[1], qkv, query, key);
    names.part(prefix, known.qkv[2], qkv, query + key, key);
    return;
  }
  if (known.qkv_layout == model::QkvLayout::by_head) {
    qkv.parts = {grouped(qkv.parts.front(), config)};
    if (qkv.bias.defined()) qkv.bias = grouped(qkv.bias, config);
  }
  names.whole(prefix, known.qkv[0], qkv);
}

void name_layer(Names& names, const model::DecoderConfig& config, std::string_view prefix,
                const model::DecoderLayer& layer) {
  const model::TensorNames& known = config.tensors;
  const std::int64_t inner = config.intermediate_size;
  names.norm(prefix, known.attention_norm, layer.attention_norm);
  name_qkv(names, config, prefix, layer.qkv);
  names.norm(prefix, known.query_norm, layer.query_norm);
  names.norm(prefix, known.key_norm, layer.key_norm);
  names.whole(prefix, known.attention_out, layer.attention_out);
  names.norm(prefix, known.attention_out_norm, layer.attention_out_norm);
  names.norm(prefix, known.mlp_norm, layer.mlp_norm);
  if (known.gate.empty()) {
    names.whole(prefix, known.up, layer.gate_up);
  } else {
    names.part(prefix, known.gate, layer.gate_up, 0, inner);
    names.part(prefix, known.up, layer.gate_up, inner, inner);
  }
  names.whole(prefix, known.down, layer.down);
  names.norm(prefix, known.down_norm, layer.down_norm);
}

}  // namespace

std::vector<NamedTensor> named_tensors(const model::DecoderConfig& config,
                                       const model::DecoderWeights& weights) {
  const model::TensorNames& known = config.tensors;
  std::vector<NamedTensor> out;
  Names names(config, out);
  names.add(known.root, known.embedding, "weight", weights.embedding);
  if (weights.positions.defined())
    names.add(known.root, known.positions, "weight", weights.positions);
  for (std::size_t layer = 0; layer < weights.layers.size(); ++layer)
    name_layer(names, config, fmt::format("{}{}{}.", known.root, known.layers, layer),
               weights.layers[layer]);
  names.norm(known.root, known.final_norm, weights.final_norm);
  if (weights.head.defined() && !config.tied_head)
    names.add("", known.head, "weight", weights.head);
  return out;
}

}  // namespace winnow::training
