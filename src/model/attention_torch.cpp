#include "model/attention_torch.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include <ATen/ops/arange.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include "model/decoder_ops_torch.hpp"
#include "model/head_attention.hpp"

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

/// Attention of one layer by ATen's operators.
class DeviceAttention {
 public:
  DeviceAttention(const DecoderConfig& config, const LayerConfig& layer)
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
  void fused(const at::Tensor& out, const at::Tensor& segment, at::ScalarType type) const;

 private:
  [[nodiscard]] at::Tensor masked(const at::Tensor& queries, const at::Tensor& keys,
                                  const at::Tensor& mask) const;
  [[nodiscard]] at::Tensor mask_of(std::int64_t first_query, std::int64_t queries,
                                   std::int64_t first_key, std::int64_t keys,
                                   const at::TensorOptions& options) const;

  HeadViews heads_;
  double scale_;
  double cap_;
  std::int64_t window_;
  bool is_causal_;
};

at::Tensor DeviceAttention::masked(const at::Tensor& queries, const at::Tensor& keys,
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
at::Tensor DeviceAttention::mask_of(std::int64_t first_query, std::int64_t queries,
                                    std::int64_t first_key, std::int64_t keys,
                                    const at::TensorOptions& options) const {
  const auto place = options.dtype(at::kLong);
  const at::Tensor query = at::arange(first_query, first_query + queries, place).unsqueeze(1);
  const at::Tensor key = at::arange(first_key, first_key + keys, place).unsqueeze(0);
  return at::zeros({queries, keys}, options)
      .masked_fill_(key.gt(query).logical_or(key.le(query - window_)),
                    -std::numeric_limits<float>::infinity());
}

void DeviceAttention::through_masks(const at::Tensor& out, const at::Tensor& segment) const {
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

void DeviceAttention::fused(const at::Tensor& out, const at::Tensor& segment,
                            at::ScalarType type) const {
  const at::Tensor rows = segment.to(type);
  heads_.query(out).copy_(at::scaled_dot_product_attention(
      heads_.query(rows), heads_.key(rows), heads_.value(rows), {}, 0.0, is_causal_, scale_));
}

void attend_on_device(const at::Tensor& out, const at::Tensor& qkv, const DecoderConfig& config,
                      const LayerConfig& layer, const PackedBatch& batch, at::ScalarType type) {
  const DeviceAttention attention(config, layer);
  const bool needs_mask = attention.needs_mask(batch);
  for (const SegmentRows& rows : batch.segments) {
    const at::Tensor segment = qkv.narrow(0, rows.begin, rows.length);
    const at::Tensor segment_out = out.narrow(0, rows.begin, rows.length);
    if (needs_mask)
      attention.through_masks(segment_out, segment);
    else
      attention.fused(segment_out, segment, type);
  }
}

/// Rows of the batch that see each other, and before them the common beginning or nothing.
struct SequenceRows {
  std::size_t common = 0;  ///< rows [0, common) are seen too
  std::size_t begin = 0;
  std::size_t length = 0;
};

/// The heads of a batch's rows on the CPU.
class CpuAttention {
 public:
  CpuAttention(const at::Tensor& out, const at::Tensor& qkv, const DecoderConfig& config,
               const LayerConfig& layer)
      : rule_{static_cast<std::size_t>(config.head_size), static_cast<float>(layer.attention_scale),
              static_cast<float>(config.attention_cap), static_cast<std::size_t>(layer.window),
              config.is_causal},
        heads_(static_cast<std::size_t>(config.heads)),
        kv_heads_(static_cast<std::size_t>(config.kv_heads)),
        qkv_(qkv.const_data_ptr<float>()),
        out_(out.mutable_data_ptr<float>()) {}

  /// The query heads that share `kv_head`.
  void attend(const SequenceRows& rows, std::size_t kv_head) const {
    HeadAttention attention(rule_, rows.common + rows.length);
    const auto add = [&](std::size_t begin, std::size_t count) {
      attention.add(head(begin, count, heads_ + kv_head),
                    head(begin, count, heads_ + kv_heads_ + kv_head));
    };
    if (rows.common > 0) add(0, rows.common);
    add(rows.begin, rows.length);
    const std::size_t group = heads_ / kv_heads_, size = rule_.head_size;
    for (std::size_t query = kv_head * group; query < (kv_head + 1) * group; ++query)
      attention.attend(head(rows.begin, rows.length, query), rows.common,
                       {out_ + (rows.begin * heads_ + query) * size, heads_ * size, rows.length});
  }

 private:
  [[nodiscard]] HeadRows<const float> head(std::size_t begin, std::size_t count,
                                           std::size_t index) const {
    const std::size_t width = (heads_ + 2 * kv_heads_) * rule_.head_size;
    return {qkv_ + begin * width + index * rule_.head_size, width, count};
  }

  AttentionRule rule_;
  std::size_t heads_, kv_heads_;
  const float* qkv_;
  float* out_;
};

void attend_on_cpu(const at::Tensor& out, const at::Tensor& qkv, const DecoderConfig& config,
                   const LayerConfig& layer, const PackedBatch& batch) {
  const auto common = static_cast<std::size_t>(batch.shared);
  std::vector<SequenceRows> sequences;
  if (common > 0) sequences.push_back({0, 0, common});
  for (const SegmentRows& rows : batch.segments)
    sequences.push_back(
        {common, static_cast<std::size_t>(rows.begin), static_cast<std::size_t>(rows.length)});
  const CpuAttention attention(out, qkv, config, layer);
  const auto tasks = static_cast<std::int64_t>(sequences.size()) * config.kv_heads;
  at::parallel_for(0, tasks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task)
      attention.attend(sequences[static_cast<std::size_t>(task / config.kv_heads)],
                       static_cast<std::size_t>(task % config.kv_heads));
  });
}

}  // namespace

void attend(at::Tensor out, const at::Tensor& qkv, const DecoderConfig& config,
            const LayerConfig& layer, const PackedBatch& batch, Rounding rounding) {
  if (out.is_cpu())
    attend_on_cpu(out, qkv, config, layer, batch);
  else
    attend_on_device(out, qkv, config, layer, batch,
                     rounding == Rounding::bf16 ? at::kBFloat16 : at::kFloat);
  round_in_place(out, rounding);
}

}  // namespace winnow::model
