#include "training/lora_parameters_torch.hpp"

#include <array>
#include <cmath>
#include <span>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "core/random.hpp"
#include "training/lora_targets.hpp"
#include "training/uniform_values.hpp"

namespace winnow::training {
namespace {

constexpr std::uint64_t kAdapterStage = 0x6C6F7261;  // "lora"

std::array<model::Linear*, model::kLayerProducts> products_of(model::DecoderLayer& layer) {
  return {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down};
}

void round_matrices(model::DecoderWeights& weights, bool tied_head) {
  const auto round = [](at::Tensor& matrix) {
    if (matrix.defined()) matrix = matrix.to(at::kBFloat16).to(at::kFloat);
  };
  round(weights.embedding);
  if (tied_head)
    weights.head = weights.embedding;
  else
    round(weights.head);
  for (model::DecoderLayer& layer : weights.layers)
    for (model::Linear* linear : products_of(layer)) round(linear->parts.front());
}

/// One float32 tensor and its gradient behind those before it.
class Places {
 public:
  explicit Places(Parameters& parameters) : parameters_(parameters) {}

  void take(at::Tensor& values, at::Tensor& gradient, std::int64_t rows, std::int64_t columns) {
    const std::int64_t size = rows * columns;
    values = parameters_.values.narrow(0, begin_, size).view({rows, columns});
    gradient = parameters_.gradients.narrow(0, begin_, size).view({rows, columns});
    parameters_.ranges.push_back({begin_, size, true});
    begin_ += size;
  }
  [[nodiscard]] std::int64_t end() const { return begin_; }

 private:
  Parameters& parameters_;
  std::int64_t begin_ = 0;
};

at::Tensor drawn(std::int64_t rank, std::int64_t inputs, std::uint64_t stream) {
  const at::Tensor values = at::empty({rank, inputs}, at::kFloat);
  uniform_values(1 / std::sqrt(static_cast<double>(inputs)), stream,
                 {values.mutable_data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  return values;
}

}  // namespace

Parameters lora_parameters(const model::DecoderConfig& config, const model::DecoderWeights& weights,
                           const LoraOptions& lora, std::uint64_t seed, bool is_bf16) {
  Parameters parameters;
  parameters.weights = weights;
  if (is_bf16) round_matrices(parameters.weights, config.tied_head);
  parameters.gradient.layers.resize(weights.layers.size());
  parameters.adapters.resize(weights.layers.size());
  parameters.values = at::zeros({static_cast<std::int64_t>(adapter_elements(config, lora))},
                                weights.embedding.options().dtype(at::kFloat));
  parameters.gradients = at::empty_like(parameters.values);
  Places places(parameters);
  std::uint64_t drawn_before = 0;
  for (LayerAdapters& layer : parameters.adapters) {
    parameters.layer_begins.push_back(places.end());
    for (const model::LinearModule& module : adapted_modules(config, lora)) {
      Adapter adapter{module, lora.scale(), {}, {}, {}, {}};
      places.take(adapter.a, adapter.a_gradient, lora.rank, module.inputs);
      places.take(adapter.b, adapter.b_gradient, module.outputs, lora.rank);
      adapter.a.copy_(
          drawn(lora.rank, module.inputs, core::random_word(seed, kAdapterStage, drawn_before++)));
      layer.products[static_cast<std::size_t>(module.product)].push_back(adapter);
    }
  }
  return parameters;
}

model::DecoderWeights merged_weights(const Parameters& parameters) {
  model::DecoderWeights weights = parameters.weights;
  for (std::size_t layer = 0; layer < weights.layers.size(); ++layer) {
    const auto linears = products_of(weights.layers[layer]);
    for (std::size_t product = 0; product < linears.size(); ++product) {
      const std::vector<Adapter>& adapters = parameters.adapters[layer].products[product];
      if (adapters.empty()) continue;
      const at::Tensor merged = linears[product]->parts.front().clone();
      for (const Adapter& adapter : adapters)
        merged.narrow(0, adapter.module.begin, adapter.module.outputs).add_(adapter.product());
      linears[product]->parts = {merged};
    }
  }
  return weights;
}

std::vector<NamedTensor> adapter_tensors(const model::DecoderConfig& config,
                                         const Parameters& parameters) {
  const model::TensorNames& known = config.tensors;
  std::vector<NamedTensor> tensors;
  for (std::size_t layer = 0; layer < parameters.adapters.size(); ++layer)
    for (const auto& adapters : parameters.adapters[layer].products)
      for (const Adapter& adapter : adapters) {
        const std::string name = fmt::format("base_model.model.{}{}{}.{}", known.root, known.layers,
                                             layer, adapter.module.name);
        tensors.push_back({name + ".lora_A.weight", adapter.a});
        tensors.push_back({name + ".lora_B.weight", rows_of_module(adapter.module, adapter.b)});
      }
  return tensors;
}

}  // namespace winnow::training
