#include "model/attention_torch.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/TensorOperators.h>

#include "model/decoder_ops_torch.hpp"

namespace winnow::model {
namespace {

/// Queries that look at their keys through one mask: bounds the mask and the scores.
constexpr std::int64_t kMaskedQueries = 256;

/// Heads of some rows as [kv_heads, heads per kv head, rows, head_size], without a copy.
class HeadViews {
 public:
  explicit HeadViews(const DecoderConfig& config)
      : heads_(config.heads),
        kv_heads_(config.kv_heads),
        group_(config.heads / config.kv_heads),
        size_(config.head_size) {}

  [[nodiscard]] at::Tensor query(const at::Tensor& rows) const { return view(rows, 0, group_); }
  /// Keys and values repeat over their group by a stride of 0.
  [[nodiscard]] at::Tensor key(const at::Tensor& rows) const { return repeated(rows, heads_); }
  [[nodiscard]] at::Tensor value(const at::Tensor& rows) const {
    return repeated(rows, heads_ + kv_heads_);
  }

 private:
  [[nodiscard]] at::Tensor view(const at::Tensor& rows, std::int64_t first_head,
                                std::int64_t repeats) const {
    return rows.narrow(1, first_head * size_, kv_heads_ * repeats * size_)
        .view({rows.size(0), kv_heads_, repeats, size_})
        .permute({1, 2, 0, 3});
  }
  [[nodiscard]] at::Tensor repeated(const at::Tensor& rows, std::int64_t first_head) const {
    return view(rows, first_head, 1).expand({kv_heads_, group_, rows.size(0), size_});
  }

  std::int64_t heads_, kv_heads_, group_, size_;
};

/// Attention of one layer.
class Attention {
 public:
  Attention(const DecoderConfig& config, const LayerConfig& layer)
      : heads_(config),
        scale_(layer.attention_scale),
        cap_(config.attention_cap),
        window_(layer.window == 0 ? std::numeric_limits<std::int64_t>::max() : layer.window),
        is_causal_(config.is_causal) {}

  /// Only a mask says who sees whom.
  [[nodiscard]] bool needs_mask(const PackedBatch& batch) const {
    return cap_ > 0 || batch.positions_used > window_;
  }
  void through_masks(const at::Tensor& out, const at::Tensor& segment) const;
  void on_cpu(const at::Tensor& out, const at::Tensor& qkv, const PackedBatch& batch) const;
  void on_device(const at::Tensor& out, const at::Tensor& segment, at::ScalarType type) const;

 private:
  /// Softmax-weighted values and the logarithm of the softmax's denominator, so that two key sets
  /// can be merged.
  struct Attended {
    at::Tensor values;    ///< [kv_heads, group, rows, head_size]
    at::Tensor log_sums;  ///< [kv_heads, group, rows]
  };
  [[nodiscard]] Attended fused(const at::Tensor& queries, const at::Tensor& keys,
                               bool is_causal) const;
  [[nodiscard]] at::Tensor masked(const at::Tensor& queries, const at::Tensor& keys,
                                  const at::Tensor& mask) const;
  [[nodiscard]] at::Tensor mask_of(std::int64_t first_query, std::int64_t queries,
                                   std::int64_t first_key, std::int64_t keys,
                                   const at::TensorOptions& options) const;
  void add_common_beginning(const at::Tensor& out, const at::Tensor& own_log_sums,
                            const at::Tensor& qkv, const PackedBatch& batch) const;

  HeadViews heads_;
  double scale_;
  double cap_;
  std::int64_t window_;
  bool is_causal_;
};

Attention::Attended Attention::fused(const at::Tensor& queries, const at::Tensor& keys,
                                     bool is_causal) const {
  auto [values, log_sums] = at::_scaled_dot_product_flash_attention_for_cpu(
      heads_.query(queries), heads_.key(keys), heads_.value(keys), 0.0, is_causal, {}, scale_);
  return {values, log_sums};
}

at::Tensor Attention::masked(const at::Tensor& queries, const at::Tensor& keys,
                             const at::Tensor& mask) const {
  if (cap_ == 0)
    return at::scaled_dot_product_attention(heads_.query(queries), heads_.key(keys),
                                            heads_.value(keys), mask, 0.0, false, scale_);
  const at::Tensor scores =
      at::matmul(heads_.query(queries), heads_.key(keys).transpose(2, 3)).mul_(scale_);
  cap_values(scores, cap_);
  return at::matmul(at::softmax(scores + mask, 3), heads_.value(keys));
}

/// 0, and -infinity where a query may not look: queries [first_query, + queries), keys
/// [first_key, + keys). [queries, keys]
at::Tensor Attention::mask_of(std::int64_t first_query, std::int64_t queries,
                              std::int64_t first_key, std::int64_t keys,
                              const at::TensorOptions& options) const {
  const auto place = options.dtype(at::kLong);
  const at::Tensor query = at::arange(first_query, first_query + queries, place).unsqueeze(1);
  const at::Tensor key = at::arange(first_key, first_key + keys, place).unsqueeze(0);
  return at::zeros({queries, keys}, options)
      .masked_fill_(key.gt(query).logical_or(key.le(query - window_)),
                    -std::numeric_limits<float>::infinity());
}

void Attention::through_masks(const at::Tensor& out, const at::Tensor& segment) const {
  const std::int64_t rows = segment.size(0);
  const std::int64_t step = std::min(window_, kMaskedQueries);
  for (std::int64_t first = 0; first < rows; first += step) {
    const std::int64_t queries = std::min(step, rows - first);
    const std::int64_t first_key = std::max<std::int64_t>(0, first - window_ + 1);
    const std::int64_t keys = first + queries - first_key;
    heads_.query(out.narrow(0, first, queries))
        .copy_(masked(segment.narrow(0, first, queries), segment.narrow(0, first_key, keys),
                      mask_of(first, queries, first_key, keys, segment.options())));
  }
}

/// All rows after the common beginning look at the whole of it; merged into what they saw of their
/// own segment.
void Attention::add_common_beginning(const at::Tensor& out, const at::Tensor& own_log_sums,
                                     const at::Tensor& qkv, const PackedBatch& batch) const {
  const std::int64_t rows = own_log_sums.size(2);
  const Attended common =
      fused(qkv.narrow(0, batch.shared, rows), qkv.narrow(0, 0, batch.shared), false);
  const at::Tensor weight = at::sigmoid(common.log_sums - own_log_sums).unsqueeze(3);
  at::Tensor own = heads_.query(out.narrow(0, batch.shared, rows));
  own.lerp_(common.values, weight);
}

void Attention::on_cpu(const at::Tensor& out, const at::Tensor& qkv,
                       const PackedBatch& batch) const {
  const auto attend_segment = [&](std::int64_t begin, std::int64_t length) {
    const at::Tensor segment = qkv.narrow(0, begin, length);
    Attended own = fused(segment, segment, is_causal_);
    heads_.query(out.narrow(0, begin, length)).copy_(own.values);
    return own.log_sums;
  };
  if (batch.shared > 0) static_cast<void>(attend_segment(0, batch.shared));
  std::vector<at::Tensor> log_sums;
  for (const SegmentRows& rows : batch.segments)
    log_sums.push_back(attend_segment(rows.begin, rows.length));
  if (batch.shared > 0) add_common_beginning(out, at::cat(log_sums, 2), qkv, batch);
}

void Attention::on_device(const at::Tensor& out, const at::Tensor& segment,
                          at::ScalarType type) const {
  const at::Tensor rows = segment.to(type);
  heads_.query(out).copy_(at::scaled_dot_product_attention(
      heads_.query(rows), heads_.key(rows), heads_.value(rows), {}, 0.0, is_causal_, scale_));
}

}  // namespace

void attend(at::Tensor out, const at::Tensor& qkv, const DecoderConfig& config,
            const LayerConfig& layer, const PackedBatch& batch, Rounding rounding) {
  const Attention attention(config, layer);
  const bool needs_mask = attention.needs_mask(batch);
  if (out.is_cpu() && !needs_mask) {
    attention.on_cpu(out, qkv, batch);
    return round_in_place(out, rounding);
  }
  const auto type = rounding == Rounding::bf16 ? at::kBFloat16 : at::kFloat;
  for (const SegmentRows& rows : batch.segments) {
    const at::Tensor segment = qkv.narrow(0, rows.begin, rows.length);
    const at::Tensor segment_out = out.narrow(0, rows.begin, rows.length);
    if (needs_mask)
      attention.through_masks(segment_out, segment);
    else
      attention.on_device(segment_out, segment, type);
  }
  round_in_place(out, rounding);
}

}  // namespace winnow::model
