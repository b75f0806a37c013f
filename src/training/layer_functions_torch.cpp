#include "training/layer_functions_torch.hpp"

#include <utility>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <ATen/ops/zeros.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "training/activation_gradient.hpp"
#include "training/norm_gradient.hpp"
#include "training/products_torch.hpp"

namespace winnow::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

struct Product : Function<Product> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const model::Linear* linear, const model::Linear* gradient,
                            const std::vector<Adapter>* adapters, const ProductOptions* options) {
    const at::Tensor& weight = linear->parts.front();
    const at::Tensor operand = as_operand(x, weight, options->rounding);
    const bool is_read_again = !gradient->parts.empty() || !adapters->empty();
    variable_list saved = {is_read_again ? operand : at::Tensor()};
    context->saved_data["linear"] = reinterpret_cast<std::int64_t>(linear);
    context->saved_data["gradient"] = reinterpret_cast<std::int64_t>(gradient);
    context->saved_data["adapters"] = reinterpret_cast<std::int64_t>(adapters);
    context->saved_data["options"] = reinterpret_cast<std::int64_t>(options);
    at::Tensor y = product_of(operand, weight);
    if (linear->bias.defined()) y.add_(linear->bias);
    for (const Adapter& adapter : *adapters) {
      saved.push_back(as_operand(at::mm(operand, adapter.a.t()), adapter.b, options->rounding));
      y.narrow(1, adapter.module.begin, adapter.module.outputs)
          .addmm_(saved.back(), adapter.b.t(), 1, adapter.scale);
    }
    context->save_for_backward(std::move(saved));
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved.front();
    const auto* linear =
        reinterpret_cast<const model::Linear*>(context->saved_data["linear"].toInt());
    const auto* gradient =
        reinterpret_cast<const model::Linear*>(context->saved_data["gradient"].toInt());
    const auto* adapters =
        reinterpret_cast<const std::vector<Adapter>*>(context->saved_data["adapters"].toInt());
    const auto& options =
        *reinterpret_cast<const ProductOptions*>(context->saved_data["options"].toInt());
    const at::Tensor& weight = linear->parts.front();
    const at::Tensor back = as_operand(gradients.front(), weight, options.rounding);
    if (!gradient->parts.empty()) {
      at::Tensor sum = gradient->parts.front();
      if (options.is_first)
        product_into(sum, back.t(), x.t());
      else
        add_product(sum, back.t(), x.t());
    }
    if (gradient->bias.defined()) {
      at::Tensor sum = gradient->bias;
      sum.add_(gradients.front().sum(0));
    }
    const at::Tensor x_gradient = product_of(back, weight.t());
    for (std::size_t i = 0; i < adapters->size(); ++i)
      go_back((*adapters)[i], x, saved[i + 1], gradients.front(), x_gradient, options.rounding);
    return {x_gradient, {}, {}, {}, {}};
  }

 private:
  /// Through one adapter, whose A gave `inner`; adds to `x_gradient`.
  static void go_back(const Adapter& adapter, const at::Tensor& x, const at::Tensor& inner,
                      const at::Tensor& gradient, at::Tensor x_gradient, model::Rounding rounding) {
    const at::Tensor back =
        as_operand(gradient.narrow(1, adapter.module.begin, adapter.module.outputs) * adapter.scale,
                   adapter.b, rounding);
    const at::Tensor inner_back = as_operand(at::mm(back, adapter.b), adapter.a, rounding);
    at::Tensor sum = adapter.b_gradient;
    sum.addmm_(back.t(), inner);
    sum = adapter.a_gradient;
    sum.addmm_(inner_back.t(), x);
    x_gradient.addmm_(inner_back, adapter.a);
  }
};

/// Rows whose sums for a norm's weight are formed alone, whatever the number of threads.
constexpr std::int64_t kNormRows = 64;

std::span<float> row_values(const at::Tensor& tensor, std::int64_t begin, std::int64_t end) {
  const auto width = static_cast<std::size_t>(tensor.size(1));
  return {tensor.mutable_data_ptr<float>() + static_cast<std::size_t>(begin) * width,
          static_cast<std::size_t>(end - begin) * width};
}

/// @return the gradient of x; that of the weight is added to `weight_gradient` unless undefined
at::Tensor rms_norm_gradient(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                             const at::Tensor& gradient, at::Tensor weight_gradient) {
  const std::int64_t rows = x.size(0);
  const at::Tensor back = at::empty_like(x);
  const std::int64_t chunks = (rows + kNormRows - 1) / kNormRows;
  const at::Tensor sums = at::zeros({chunks, x.size(1)}, x.options());
  if (!x.is_cpu()) {
    const at::Tensor inverse = x.square().mean(1, true).add_(epsilon).rsqrt_();
    const at::Tensor scaled = gradient * weight;
    if (weight_gradient.defined()) weight_gradient.add_((gradient * x * inverse).sum(0));
    return scaled * inverse - x * ((scaled * x).mean(1, true) * inverse.pow(3));
  }
  const std::span<float> weights = row_values(weight.unsqueeze(0), 0, 1);
  at::parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      const std::int64_t first = chunk * kNormRows;
      const std::int64_t last = std::min(rows, first + kNormRows);
      rms_norm_gradient_rows(row_values(x, first, last), weights, static_cast<float>(epsilon),
                             row_values(gradient, first, last), row_values(back, first, last),
                             row_values(sums, chunk, chunk + 1));
    }
  });
  if (weight_gradient.defined()) weight_gradient.add_(sums.sum(0));
  return back;
}

struct Normed : Function<Normed> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const model::Norm* norm,
                            const model::Norm* gradient, double epsilon) {
    context->saved_data["norm"] = reinterpret_cast<std::int64_t>(norm);
    context->saved_data["gradient"] = reinterpret_cast<std::int64_t>(gradient);
    context->saved_data["epsilon"] = epsilon;
    if (norm->bias.defined()) {
      const auto [y, mean, deviation] =
          at::native_layer_norm(x, norm->weight.sizes(), norm->weight, norm->bias, epsilon);
      context->save_for_backward({x, mean, deviation});
      return y;
    }
    context->save_for_backward({x});
    at::Tensor y = at::empty_like(x);
    model::normalize(y, x, *norm, epsilon, model::Rounding::none);
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const auto* norm = reinterpret_cast<const model::Norm*>(context->saved_data["norm"].toInt());
    const auto* gradient =
        reinterpret_cast<const model::Norm*>(context->saved_data["gradient"].toInt());
    const at::Tensor given = gradients.front().contiguous();
    if (!norm->bias.defined())
      return {rms_norm_gradient(saved[0], norm->weight, context->saved_data["epsilon"].toDouble(),
                                given, gradient->weight),
              {},
              {},
              {}};
    const bool wanted = gradient->weight.defined();
    const auto [back, weight, bias] =
        at::native_layer_norm_backward(given, saved[0], norm->weight.sizes(), saved[1], saved[2],
                                       norm->weight, norm->bias, {true, wanted, wanted});
    if (wanted) {
      at::Tensor sum = gradient->weight;
      sum.add_(weight);
      sum = gradient->bias;
      sum.add_(bias);
    }
    return {back, {}, {}, {}};
  }
};

struct NormedHeads : Function<NormedHeads> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv,
                            const model::DecoderConfig* config, const model::DecoderLayer* layer,
                            const model::DecoderLayer* gradient) {
    context->save_for_backward({qkv});
    context->saved_data["config"] = reinterpret_cast<std::int64_t>(config);
    context->saved_data["layer"] = reinterpret_cast<std::int64_t>(layer);
    context->saved_data["gradient"] = reinterpret_cast<std::int64_t>(gradient);
    at::Tensor out = qkv.clone();
    model::norm_queries_and_keys(out, *config, *layer);
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor qkv = context->get_saved_variables().front();
    const auto* config =
        reinterpret_cast<const model::DecoderConfig*>(context->saved_data["config"].toInt());
    const auto* layer =
        reinterpret_cast<const model::DecoderLayer*>(context->saved_data["layer"].toInt());
    const auto* gradient =
        reinterpret_cast<const model::DecoderLayer*>(context->saved_data["gradient"].toInt());
    const at::Tensor back = gradients.front().clone();
    const auto go_back = [&](std::int64_t begin, std::int64_t width, const model::Norm& norm,
                             const model::Norm& sum) {
      const auto heads = [&](const at::Tensor& rows) {
        return rows.narrow(1, begin, width).reshape({-1, norm.weight.numel()}).contiguous();
      };
      back.narrow(1, begin, width)
          .copy_(rms_norm_gradient(heads(qkv), norm.weight, config->norm_epsilon,
                                   heads(gradients.front()), sum.weight)
                     .view({qkv.size(0), width}));
    };
    const std::int64_t query = std::int64_t{config->heads} * config->head_size;
    const std::int64_t key = std::int64_t{config->kv_heads} * config->head_size;
    go_back(0, query, layer->query_norm, gradient->query_norm);
    go_back(query, key, layer->key_norm, gradient->key_norm);
    return {back, {}, {}, {}};
  }
};

struct Rotated : Function<Rotated> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv,
                            const at::Tensor& table_rows, const model::DecoderConfig* config,
                            const model::RotaryTable* table) {
    context->save_for_backward({table_rows});
    context->saved_data["config"] = reinterpret_cast<std::int64_t>(config);
    context->saved_data["table"] = reinterpret_cast<std::int64_t>(table);
    at::Tensor out = qkv.clone();
    model::rotate(out, *config, *table, table_rows);
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto* config =
        reinterpret_cast<const model::DecoderConfig*>(context->saved_data["config"].toInt());
    const auto* table =
        reinterpret_cast<const model::RotaryTable*>(context->saved_data["table"].toInt());
    at::Tensor back = gradients.front().clone();
    model::rotate(back, *config, table->turned_back(), context->get_saved_variables().front());
    return {back, {}, {}, {}};
  }
};

at::Tensor activation_of(const at::Tensor& x, model::Activation activation) {
  if (activation == model::Activation::silu) return at::silu(x);
  return at::gelu(x, activation == model::Activation::gelu ? "none" : "tanh");
}

at::Tensor activation_gradient(const at::Tensor& gradient, const at::Tensor& x,
                               model::Activation activation) {
  if (activation == model::Activation::silu) return at::silu_backward(gradient, x);
  return at::gelu_backward(gradient, x, activation == model::Activation::gelu ? "none" : "tanh");
}

/// Of f(gate) * up, or of f(gate_up) where the model is not gated, by ATen's operators.
at::Tensor activated_gradient_on_device(const at::Tensor& given, const at::Tensor& gate_up,
                                        const model::DecoderConfig& config) {
  if (!config.is_gated) return activation_gradient(given, gate_up, config.activation);
  const std::int64_t width = config.intermediate_size;
  const at::Tensor gate = gate_up.narrow(1, 0, width);
  const at::Tensor back = at::empty_like(gate_up);
  back.narrow(1, 0, width)
      .copy_(activation_gradient(given * gate_up.narrow(1, width, width), gate, config.activation));
  back.narrow(1, width, width).copy_(activation_of(gate, config.activation).mul_(given));
  return back;
}

at::Tensor activated_gradient_on_cpu(const at::Tensor& given, const at::Tensor& gate_up,
                                     const model::DecoderConfig& config) {
  at::Tensor back = at::empty_like(gate_up);
  at::parallel_for(0, gate_up.size(0), kNormRows, [&](std::int64_t begin, std::int64_t end) {
    const auto gradient = row_values(given, begin, end), x = row_values(gate_up, begin, end);
    if (config.is_gated)
      gated_gradient_rows(config.activation, x, static_cast<std::size_t>(config.intermediate_size),
                          gradient, row_values(back, begin, end));
    else
      activated_gradient_rows(config.activation, x, gradient, row_values(back, begin, end));
  });
  return back;
}

struct Activated : Function<Activated> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_up,
                            const model::DecoderConfig* config) {
    context->save_for_backward({gate_up});
    context->saved_data["config"] = reinterpret_cast<std::int64_t>(config);
    at::Tensor out = at::empty({gate_up.size(0), config->intermediate_size}, gate_up.options());
    model::activate(out, gate_up, *config, model::Rounding::none);
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor gate_up = context->get_saved_variables().front();
    const auto* config =
        reinterpret_cast<const model::DecoderConfig*>(context->saved_data["config"].toInt());
    const at::Tensor given = gradients.front().contiguous();
    return {given.is_cpu() ? activated_gradient_on_cpu(given, gate_up, *config)
                           : activated_gradient_on_device(given, gate_up, *config),
            {}};
  }
};

}  // namespace

at::Tensor product(const at::Tensor& x, const model::Linear& linear, const model::Linear& gradient,
                   const std::vector<Adapter>& adapters, const ProductOptions& options) {
  return Product::apply(x, &linear, &gradient, &adapters, &options);
}

at::Tensor normed(const at::Tensor& x, const model::Norm& norm, const model::Norm& gradient,
                  double epsilon) {
  return Normed::apply(x, &norm, &gradient, epsilon);
}

at::Tensor with_normed_heads(const at::Tensor& qkv, const model::DecoderConfig& config,
                             const model::DecoderLayer& layer,
                             const model::DecoderLayer& gradient) {
  return NormedHeads::apply(qkv, &config, &layer, &gradient);
}

at::Tensor rotated(const at::Tensor& qkv, const model::DecoderConfig& config,
                   const model::RotaryTable& table, const at::Tensor& table_rows) {
  return Rotated::apply(qkv, table_rows, &config, &table);
}

at::Tensor activated(const at::Tensor& gate_up, const model::DecoderConfig& config) {
  return Activated::apply(gate_up, &config);
}

}  // namespace winnow::training
