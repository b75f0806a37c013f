#include "training/attention_gradient_torch.hpp"

#include <algorithm>
#include <limits>

#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/attention_torch.hpp"

namespace winnow::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// Queries that go back together: bounds the probabilities in memory.
constexpr std::int64_t kQueries = 256;

/// The way back through one segment's attention.
class SegmentGradient {
 public:
  SegmentGradient(const model::DecoderConfig& config, const model::LayerConfig& layer,
                  const at::Tensor& qkv, const at::Tensor& gradient, const at::Tensor& back)
      : groups_(config.kv_heads),
        group_(config.heads / config.kv_heads),
        size_(config.head_size),
        scale_(layer.attention_scale),
        cap_(config.attention_cap),
        window_(layer.window == 0 ? std::numeric_limits<std::int64_t>::max() : layer.window),
        queries_(heads(qkv, 0, group_)),
        keys_(heads(qkv, config.heads, 1)),
        values_(heads(qkv, config.heads + config.kv_heads, 1)),
        gradient_(heads(gradient, 0, group_)),
        back_(back) {}

  void go_back() {
    const std::int64_t rows = queries_.size(2);
    at::Tensor keys_back = at::zeros_like(keys_), values_back = at::zeros_like(values_);
    for (std::int64_t first = 0; first < rows; first += kQueries) {
      const std::int64_t count = std::min(kQueries, rows - first);
      const std::int64_t first_key = std::max<std::int64_t>(0, first - window_ + 1);
      go_back(first, count, first_key, first + count - first_key,
              keys_back.narrow(2, first_key, first + count - first_key),
              values_back.narrow(2, first_key, first + count - first_key));
    }
    write(keys_back, groups_ * group_, 1, 0);
    write(values_back, groups_ * group_ + groups_, 1, 0);
  }

 private:
  /// [kv_heads, repeats, rows, head_size]
  [[nodiscard]] at::Tensor heads(const at::Tensor& rows, std::int64_t first_head,
                                 std::int64_t repeats) const {
    return rows.narrow(1, first_head * size_, groups_ * repeats * size_)
        .view({rows.size(0), groups_, repeats, size_})
        .permute({1, 2, 0, 3});
  }
  void write(const at::Tensor& values, std::int64_t first_head, std::int64_t repeats,
             std::int64_t first_row) const {
    heads(back_, first_head, repeats).narrow(2, first_row, values.size(2)).copy_(values);
  }
  /// 1 where a query may look: [queries, keys]
  [[nodiscard]] at::Tensor hidden(std::int64_t first, std::int64_t count, std::int64_t first_key,
                                  std::int64_t keys) const {
    const auto place = keys_.options().dtype(at::kLong);
    const at::Tensor query = at::arange(first, first + count, place).unsqueeze(1);
    const at::Tensor key = at::arange(first_key, first_key + keys, place).unsqueeze(0);
    return key.gt(query).logical_or(key.le(query - window_));
  }

  void go_back(std::int64_t first, std::int64_t count, std::int64_t first_key, std::int64_t keys,
               at::Tensor keys_back, at::Tensor values_back) const {
    const auto rows = [&](const at::Tensor& of) {
      return of.narrow(2, first, count).reshape({groups_, group_ * count, size_});
    };
    const auto seen = [&](const at::Tensor& of) {
      return of.narrow(2, first_key, keys).reshape({groups_, keys, size_});
    };
    const at::Tensor query = rows(queries_), given = rows(gradient_);
    const at::Tensor key = seen(keys_), value = seen(values_);
    at::Tensor scores = at::bmm(query, key.transpose(1, 2)).mul_(scale_);
    at::Tensor slope;  // Of the cap.
    if (cap_ > 0) {
      const at::Tensor bent = scores.div_(cap_).tanh_();
      slope = 1 - bent.square();
      scores = bent * cap_;
    }
    scores.view({groups_, group_, count, keys})
        .masked_fill_(hidden(first, count, first_key, keys),
                      -std::numeric_limits<float>::infinity());
    const at::Tensor probabilities = at::softmax(scores, 2);
    values_back.squeeze(1).add_(at::bmm(probabilities.transpose(1, 2), given));
    at::Tensor back = at::bmm(given, value.transpose(1, 2));
    back.sub_((back * probabilities).sum(2, true)).mul_(probabilities).mul_(scale_);
    if (slope.defined()) back.mul_(slope);
    write(at::bmm(back, key).view({groups_, group_, count, size_}), 0, group_, first);
    keys_back.squeeze(1).add_(at::bmm(back.transpose(1, 2), query));
  }

  std::int64_t groups_, group_, size_;
  double scale_, cap_;
  std::int64_t window_;
  at::Tensor queries_, keys_, values_, gradient_, back_;
};

struct Attended : Function<Attended> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv,
                            const model::DecoderConfig* config, const model::LayerConfig* layer,
                            const model::PackedBatch* batch) {
    context->save_for_backward({qkv});
    context->saved_data["config"] = reinterpret_cast<std::int64_t>(config);
    context->saved_data["layer"] = reinterpret_cast<std::int64_t>(layer);
    context->saved_data["batch"] = reinterpret_cast<std::int64_t>(batch);
    const std::int64_t width = std::int64_t{config->heads} * config->head_size;
    // Rows that only fill the batch up belong to no segment.
    at::Tensor out = at::zeros({qkv.size(0), width}, qkv.options());
    model::attend(out, qkv, *config, *layer, *batch, model::Rounding::none);
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor qkv = context->get_saved_variables().front();
    const auto& config =
        *reinterpret_cast<const model::DecoderConfig*>(context->saved_data["config"].toInt());
    const auto& layer =
        *reinterpret_cast<const model::LayerConfig*>(context->saved_data["layer"].toInt());
    const auto& batch =
        *reinterpret_cast<const model::PackedBatch*>(context->saved_data["batch"].toInt());
    const at::Tensor given = gradients.front().contiguous();
    const at::Tensor back = at::zeros_like(qkv);
    for (const model::SegmentRows& rows : batch.segments)
      SegmentGradient(config, layer, qkv.narrow(0, rows.begin, rows.length),
                      given.narrow(0, rows.begin, rows.length),
                      back.narrow(0, rows.begin, rows.length))
          .go_back();
    return {back, {}, {}, {}};
  }
};

}  // namespace

at::Tensor attended(const at::Tensor& qkv, const model::DecoderConfig& config,
                    const model::LayerConfig& layer, const model::PackedBatch& batch) {
  return Attended::apply(qkv, &config, &layer, &batch);
}

}  // namespace winnow::training
