#include "training/parameters_torch.hpp"

#include <string_view>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/TensorOperators.h>
#include <fmt/format.h>

namespace winnow::training {
namespace {

/// Weight decay is for tables and matrices.
enum class TensorKind { table, matrix, vector };

/// Calls visit(tensor, kind) for every tensor that is trained, in one order, and at_layer() before
/// those of each layer.
template <typename Weights, typename Visit, typename AtLayer>
void for_each_tensor(Weights& weights, bool tied_head, const Visit& visit,
                     const AtLayer& at_layer) {
  const auto norm = [&](auto& each) {
    if (each.weight.defined()) visit(each.weight, TensorKind::vector);
    if (each.bias.defined()) visit(each.bias, TensorKind::vector);
  };
  const auto linear = [&](auto& each) {
    visit(each.parts.front(), TensorKind::matrix);
    if (each.bias.defined()) visit(each.bias, TensorKind::vector);
  };
  visit(weights.embedding, TensorKind::table);
  if (weights.positions.defined()) visit(weights.positions, TensorKind::table);
  norm(weights.embedding_norm);
  for (auto& layer : weights.layers) {
    at_layer();
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
  if (weights.head.defined() && !tied_head) visit(weights.head, TensorKind::table);
}

template <typename Weights, typename Visit>
void for_each_tensor(Weights& weights, bool tied_head, const Visit& visit) {
  for_each_tensor(weights, tied_head, visit, [] {});
}

/// The same weights as places of `flat`.
model::DecoderWeights places_of(const model::DecoderConfig& config, model::DecoderWeights weights,
                                const at::Tensor& flat) {
  std::int64_t begin = 0;
  for_each_tensor(weights, config.tied_head, [&](at::Tensor& tensor, TensorKind) {
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
  for_each_tensor(
      weights, config.tied_head,
      [&](const at::Tensor& tensor, TensorKind kind) {
        parameters.ranges.push_back({size, tensor.numel(), kind != TensorKind::vector});
        size += tensor.numel();
      },
      [&] { parameters.layer_begins.push_back(size); });
  parameters.values = at::empty({size}, weights.embedding.options().dtype(at::kFloat));
  parameters.gradients = at::empty_like(parameters.values);
  std::size_t range = 0;
  for_each_tensor(weights, config.tied_head, [&](const at::Tensor& tensor, TensorKind) {
    const WeightRange& place = parameters.ranges[range++];
    parameters.values.narrow(0, place.begin, place.size).copy_(tensor.flatten());
  });
  parameters.weights = places_of(config, weights, parameters.values);
  parameters.gradient = places_of(config, weights, parameters.gradients);
  parameters.adapters.resize(weights.layers.size());
  return parameters;
}

void clear_added_gradients(const model::DecoderConfig& config, const Parameters& parameters) {
  if (!parameters.gradient.embedding.defined()) {  // Adapters alone.
    parameters.gradients.zero_();
    return;
  }
  for_each_tensor(parameters.gradient, config.tied_head,
                  [](const at::Tensor& gradient, TensorKind kind) {
                    if (kind != TensorKind::matrix) gradient.zero_();
                  });
}

namespace {

/// Collects tensors under their full names.
class Names {
 public:
  Names(const model::DecoderConfig& config, std::vector<NamedTensor>& out)
      : config_(config), modules_(model::linear_modules(config)), out_(out) {}

  void add(std::string_view prefix, std::string_view name, std::string_view kind,
           const at::Tensor& values) {
    out_.push_back({fmt::format("{}{}.{}", prefix, name, kind), values});
  }
  void norm(std::string_view prefix, std::string_view name, const model::Norm& norm) {
    if (!norm.defined()) return;
    add(prefix, name, "weight", config_.norm_weights_from_one ? norm.weight - 1 : norm.weight);
    if (norm.bias.defined()) add(prefix, name, "bias", norm.bias);
  }
  /// The modules of one product, each a matrix of its own in the files.
  void product(std::string_view prefix, model::LayerProduct product, const model::Linear& linear,
               const LayerAdapters& adapters) {
    for (const model::LinearModule& module : modules_) {
      if (module.product != product) continue;
      const auto rows = [&](const at::Tensor& all) {
        return rows_of_module(module, all.narrow(0, module.begin, module.outputs));
      };
      const at::Tensor matrix = rows(linear.parts.front());
      const bool is_turned = config_.tensors.are_matrices_transposed;
      add(prefix, module.name, "weight", is_turned ? matrix.t() : matrix);
      for (const Adapter& adapter : adapters.of(product))
        if (adapter.module.begin == module.begin)
          out_.back().added = [adapter, is_turned] {
            const at::Tensor sum = rows_of_module(adapter.module, adapter.product());
            return is_turned ? sum.t() : sum;
          };
      if (linear.bias.defined()) add(prefix, module.name, "bias", rows(linear.bias));
    }
  }

 private:
  const model::DecoderConfig& config_;
  std::vector<model::LinearModule> modules_;
  std::vector<NamedTensor>& out_;
};

void name_layer(Names& names, const model::DecoderConfig& config, std::string_view prefix,
                const model::DecoderLayer& layer, const LayerAdapters& adapters) {
  const model::TensorNames& known = config.tensors;
  using enum model::LayerProduct;
  names.norm(prefix, known.attention_norm, layer.attention_norm);
  names.product(prefix, qkv, layer.qkv, adapters);
  names.norm(prefix, known.query_norm, layer.query_norm);
  names.norm(prefix, known.key_norm, layer.key_norm);
  names.product(prefix, attention_out, layer.attention_out, adapters);
  names.norm(prefix, known.attention_out_norm, layer.attention_out_norm);
  names.norm(prefix, known.mlp_norm, layer.mlp_norm);
  names.product(prefix, gate_up, layer.gate_up, adapters);
  names.product(prefix, down, layer.down, adapters);
  names.norm(prefix, known.down_norm, layer.down_norm);
}

}  // namespace

at::Tensor rows_of_module(const model::LinearModule& module, const at::Tensor& rows) {
  if (module.heads == 0) return rows;
  return rows.unflatten(0, {3, module.heads, -1}).transpose(0, 1).flatten(0, 2);
}

std::vector<NamedTensor> named_tensors(const model::DecoderConfig& config,
                                       const model::DecoderWeights& weights,
                                       std::vector<LayerAdapters> adapters) {
  adapters.resize(weights.layers.size());
  const model::TensorNames& known = config.tensors;
  std::vector<NamedTensor> out;
  Names names(config, out);
  names.add(known.root, known.embedding, "weight", weights.embedding);
  if (weights.positions.defined())
    names.add(known.root, known.positions, "weight", weights.positions);
  for (std::size_t layer = 0; layer < weights.layers.size(); ++layer)
    name_layer(names, config, fmt::format("{}{}{}.", known.root, known.layers, layer),
               weights.layers[layer], adapters[layer]);
  names.norm(known.root, known.final_norm, weights.final_norm);
  if (weights.head.defined() && !config.tied_head)
    names.add("", known.head, "weight", weights.head);
  return out;
}

}  // namespace winnow::training
