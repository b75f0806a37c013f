#include "training/trainable_decoder_torch.hpp"

#include <functional>
#include <utility>

#include <ATen/ops/nonzero.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "training/attention_gradient_torch.hpp"
#include "training/layer_functions_torch.hpp"

namespace winnow::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// One layer of one pass.
class Layer {
 public:
  Layer(const model::DecoderConfig& config, const model::DecoderLayer& weights,
        const model::DecoderLayer& gradient, const LayerAdapters& adapters,
        const ProductOptions& options)
      : config_(config),
        weights_(weights),
        gradient_(gradient),
        adapters_(adapters),
        options_(options) {}

  /// @param wanted  rows that go on behind the attention; undefined: all
  [[nodiscard]] at::Tensor run(at::Tensor residual, const model::PackedBatch& batch,
                               const model::RotaryTable* rotary, const at::Tensor& table_rows,
                               const at::Tensor& wanted) const {
    at::Tensor qkv =
        product(before(residual, weights_.attention_norm, gradient_.attention_norm), weights_.qkv,
                gradient_.qkv, adapters_.of(model::LayerProduct::qkv), options_);
    if (weights_.query_norm.defined()) qkv = with_normed_heads(qkv, config_, weights_, gradient_);
    if (rotary != nullptr) qkv = rotated(qkv, config_, *rotary, table_rows);
    at::Tensor attention = attended(qkv, config_, weights_.config, batch);
    if (wanted.defined()) {
      residual = residual.index_select(0, wanted);
      attention = attention.index_select(0, wanted);
    }
    at::Tensor mlp_input;
    if (config_.parallel_residual)
      mlp_input = before(residual, weights_.mlp_norm, gradient_.mlp_norm);
    residual =
        residual + behind(product(attention, weights_.attention_out, gradient_.attention_out,
                                  adapters_.of(model::LayerProduct::attention_out), options_),
                          weights_.attention_out_norm, gradient_.attention_out_norm);
    if (!config_.parallel_residual)
      mlp_input = before(residual, weights_.mlp_norm, gradient_.mlp_norm);
    const at::Tensor inner =
        activated(product(mlp_input, weights_.gate_up, gradient_.gate_up,
                          adapters_.of(model::LayerProduct::gate_up), options_),
                  config_);
    return residual + behind(product(inner, weights_.down, gradient_.down,
                                     adapters_.of(model::LayerProduct::down), options_),
                             weights_.down_norm, gradient_.down_norm);
  }

 private:
  [[nodiscard]] at::Tensor before(const at::Tensor& residual, const model::Norm& norm,
                                  const model::Norm& gradient) const {
    return norm.defined() ? normed(residual, norm, gradient, config_.norm_epsilon) : residual;
  }
  [[nodiscard]] at::Tensor behind(const at::Tensor& added, const model::Norm& norm,
                                  const model::Norm& gradient) const {
    return before(added, norm, gradient);
  }

  const model::DecoderConfig& config_;
  const model::DecoderLayer& weights_;
  const model::DecoderLayer& gradient_;
  const LayerAdapters& adapters_;
  const ProductOptions& options_;
};

using LayerRun = std::function<at::Tensor(const at::Tensor&)>;

/// A layer that keeps what it read only.
struct Checkpointed : Function<Checkpointed> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const LayerRun* run) {
    context->save_for_backward({x});
    context->saved_data["run"] = reinterpret_cast<std::int64_t>(run);
    return (*run)(x);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto* run = reinterpret_cast<const LayerRun*>(context->saved_data["run"].toInt());
    const at::AutoGradMode with_gradients(true);
    const at::Tensor x = context->get_saved_variables().front().detach().requires_grad_();
    torch::autograd::backward({(*run)(x)}, {gradients.front()});
    return {x.grad(), {}};
  }
};

}  // namespace

TrainableDecoder::TrainableDecoder(model::DecoderConfig config, Parameters& parameters,
                                   model::Rounding rounding, bool checkpointing)
    : config_(std::move(config)),
      parameters_(parameters),
      products_{rounding},
      checkpointing_(checkpointing),
      rotaries_(config_.rotaries.begin(), config_.rotaries.end()) {}

at::Tensor TrainableDecoder::embed(const model::PackedBatch& batch) const {
  const model::DecoderWeights& weights = parameters_.weights;
  const at::Device device = weights.embedding.device();
  at::Tensor rows = weights.embedding.index_select(0, model::index_tensor(batch.ids, device));
  if (config_.embedding_scale != 1) rows.mul_(config_.embedding_scale);
  if (weights.positions.defined())
    rows.add_(weights.positions.index_select(0, model::index_tensor(batch.positions, device)));
  return rows;
}

TrainableDecoder::Pass TrainableDecoder::forward(const model::PackedBatch& batch,
                                                 const at::Tensor& noise) {
  Pass pass;
  pass.embedded = embed(batch);
  if (noise.defined()) pass.embedded.add_(noise);
  pass.embedded.requires_grad_();
  const at::Device device = pass.embedded.device();
  for (model::RotaryTable& rotary : rotaries_) {
    rotary.grow(batch.positions_used, device);
    pass.table_rows.push_back(rotary.table_rows(batch, device).clone());
  }
  const at::Tensor scored = model::index_tensor(batch.scored_rows, device).clone();
  at::Tensor residual = pass.embedded;
  const std::size_t layers = parameters_.weights.layers.size();
  for (std::size_t index = 0; index < layers; ++index) {
    const model::DecoderLayer& weights = parameters_.weights.layers[index];
    const model::RotaryTable* rotary =
        rotaries_.empty() ? nullptr : &rotaries_[weights.config.rotary];
    const at::Tensor table_rows =
        rotaries_.empty() ? at::Tensor() : pass.table_rows[weights.config.rotary];
    const at::Tensor wanted = index + 1 == layers ? scored : at::Tensor();
    if (residual.requires_grad())
      residual.register_hook([this, index](const at::Tensor&) {
        if (whole_) whole_(parameters_.layer_begins[index]);
      });
    LayerRun run = [&, this, index, rotary, table_rows, wanted](const at::Tensor& x) {
      return Layer(config_, parameters_.weights.layers[index], parameters_.gradient.layers[index],
                   parameters_.adapters[index], products_)
          .run(x, batch, rotary, table_rows, wanted);
    };
    if (checkpointing_) {
      pass.runs.push_back(std::move(run));
      residual = Checkpointed::apply(residual, &pass.runs.back());
    } else {
      residual = run(residual);
    }
  }
  if (parameters_.weights.final_norm.defined())
    residual = normed(residual, parameters_.weights.final_norm, parameters_.gradient.final_norm,
                      config_.norm_epsilon);
  pass.hidden = residual;
  return pass;
}

void TrainableDecoder::begin_gradients() {
  clear_added_gradients(config_, parameters_);
  products_.is_first = true;
}

void TrainableDecoder::backward(const model::PackedBatch& batch, const Pass& pass,
                                const at::Tensor& gradient, const WholeFrom& whole) {
  whole_ = whole;
  torch::autograd::backward({pass.hidden}, {gradient});
  whole_ = {};
  products_.is_first = false;
  if (!parameters_.gradient.embedding.defined()) return;
  at::Tensor back = pass.embedded.grad();
  const at::Device device = back.device();
  if (parameters_.gradient.positions.defined())
    parameters_.gradient.positions.index_add_(0, model::index_tensor(batch.positions, device),
                                              back);
  if (config_.embedding_scale != 1) back = back * config_.embedding_scale;
  if (config_.embedding_padding_id) {
    const at::Tensor ids = model::index_tensor(batch.ids, device);
    const at::Tensor kept =
        at::nonzero(ids != std::int64_t{*config_.embedding_padding_id}).flatten();
    parameters_.gradient.embedding.index_add_(0, ids.index_select(0, kept),
                                              back.index_select(0, kept));
  } else {
    parameters_.gradient.embedding.index_add_(0, model::index_tensor(batch.ids, device), back);
  }
}

}  // namespace winnow::training
