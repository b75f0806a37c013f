#include "model/decoder_ops_torch.hpp"

#include <algorithm>
#include <cmath>

#include <limits>

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

namespace winnow::model {
namespace {

constexpr std::int64_t kRowsPerTask = 16;

std::span<float> values(const at::Tensor& tensor) {
  return {tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// Rows [begin, end) of a contiguous tensor.
std::span<float> rows_of(const at::Tensor& tensor, std::int64_t begin, std::int64_t end) {
  const auto width = static_cast<std::size_t>(tensor.size(1));
  return values(tensor).subspan(static_cast<std::size_t>(begin) * width,
                                static_cast<std::size_t>(end - begin) * width);
}

void round_in_place(at::Tensor x, Rounding rounding) {
  if (rounding == Rounding::bf16) x.copy_(x.to(at::kBFloat16));
}

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

/// Softmax-weighted values and the logarithm of the softmax's denominator, so that two key sets can
/// be merged.
struct Attended {
  at::Tensor values;    ///< [kv_heads, group, rows, head_size]
  at::Tensor log_sums;  ///< [kv_heads, group, rows]
};

Attended attend_on_cpu(const HeadViews& heads, const at::Tensor& queries, const at::Tensor& keys,
                       bool is_causal) {
  auto [values, log_sums] = at::_scaled_dot_product_flash_attention_for_cpu(
      heads.query(queries), heads.key(keys), heads.value(keys), 0.0, is_causal);
  return {values, log_sums};
}

/// Adds -infinity where a query may not look: queries [first_query, + queries), keys
/// [first_key, + keys). [queries, keys]
at::Tensor window_mask(std::int64_t first_query, std::int64_t queries, std::int64_t first_key,
                       std::int64_t keys, std::int64_t window, const at::TensorOptions& options) {
  const auto place = options.dtype(at::kLong);
  const at::Tensor query = at::arange(first_query, first_query + queries, place).unsqueeze(1);
  const at::Tensor key = at::arange(first_key, first_key + keys, place).unsqueeze(0);
  return at::zeros({queries, keys}, options)
      .masked_fill_(key.gt(query).logical_or(key.le(query - window)),
                    -std::numeric_limits<float>::infinity());
}

/// Calls visit(queries, keys, mask) for runs of at most `window` queries of a segment and the keys
/// that they can see.
template <typename Visit>
void for_each_window(const at::Tensor& segment, std::int64_t window, Visit visit) {
  const std::int64_t rows = segment.size(0);
  for (std::int64_t first = 0; first < rows; first += window) {
    const std::int64_t queries = std::min(window, rows - first);
    const std::int64_t first_key = std::max<std::int64_t>(0, first - window + 1);
    const std::int64_t keys = first + queries - first_key;
    visit(first, segment.narrow(0, first, queries), segment.narrow(0, first_key, keys),
          window_mask(first, queries, first_key, keys, window, segment.options()));
  }
}

/// All rows after the common beginning look at the whole of it; merged into what they saw of their
/// own segment.
void add_common_beginning(at::Tensor out, const at::Tensor& own_log_sums, const at::Tensor& qkv,
                          const HeadViews& heads, const PackedBatch& batch) {
  const std::int64_t rows = own_log_sums.size(2);
  const Attended common = attend_on_cpu(heads, qkv.narrow(0, batch.shared, rows),
                                        qkv.narrow(0, 0, batch.shared), false);
  const at::Tensor weight = at::sigmoid(common.log_sums - own_log_sums).unsqueeze(3);
  at::Tensor own = heads.query(out.narrow(0, batch.shared, rows));
  own.lerp_(common.values, weight);
}

void attend_in_window(const at::Tensor& out, const at::Tensor& segment, const HeadViews& heads,
                      std::int64_t window) {
  for_each_window(segment, window,
                  [&](std::int64_t first, const at::Tensor& queries, const at::Tensor& keys,
                      const at::Tensor& mask) {
                    heads.query(out.narrow(0, first, queries.size(0)))
                        .copy_(at::scaled_dot_product_attention(
                            heads.query(queries), heads.key(keys), heads.value(keys), mask));
                  });
}

void attend_on_cpu(const at::Tensor& out, const at::Tensor& qkv, const HeadViews& heads,
                   const PackedBatch& batch) {
  const auto attend_segment = [&](SegmentRows rows) {
    const at::Tensor segment = qkv.narrow(0, rows.begin, rows.length);
    Attended own = attend_on_cpu(heads, segment, segment, true);
    heads.query(out.narrow(0, rows.begin, rows.length)).copy_(own.values);
    return own.log_sums;
  };
  if (batch.shared > 0) static_cast<void>(attend_segment({0, batch.shared}));
  std::vector<at::Tensor> log_sums;
  for (const SegmentRows& rows : batch.segments) log_sums.push_back(attend_segment(rows));
  if (batch.shared > 0) add_common_beginning(out, at::cat(log_sums, 2), qkv, heads, batch);
}

}  // namespace

void rms_norm(at::Tensor out, const at::Tensor& x, const at::Tensor& weight, double epsilon,
              Rounding rounding) {
  if (!x.is_cpu()) {
    out.copy_(at::rms_norm(x, weight.sizes(), weight, epsilon));
    return round_in_place(out, rounding);
  }
  at::parallel_for(0, x.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    rms_norm_rows(rows_of(x, begin, end), values(weight), static_cast<float>(epsilon), rounding,
                  rows_of(out, begin, end));
  });
}

void round_rows(at::Tensor out, const at::Tensor& x, Rounding rounding) {
  out.copy_(x);
  round_in_place(out, rounding);
}

void norm_queries_and_keys(at::Tensor qkv, const DecoderConfig& config,
                           const at::Tensor& query_norm, const at::Tensor& key_norm) {
  const std::int64_t query = std::int64_t{config.heads} * config.head_size;
  const std::int64_t key = std::int64_t{config.kv_heads} * config.head_size;
  if (!qkv.is_cpu()) {
    const auto norm = [&](at::Tensor part, const at::Tensor& weight) {
      const at::Tensor heads = part.unflatten(1, {-1, weight.numel()});
      part.copy_(at::rms_norm(heads, weight.sizes(), weight, config.norm_epsilon).flatten(1));
    };
    norm(qkv.narrow(1, 0, query), query_norm);
    norm(qkv.narrow(1, query, key), key_norm);
    return;
  }
  const auto epsilon = static_cast<float>(config.norm_epsilon);
  const auto query_width = static_cast<std::size_t>(query);
  const auto key_width = static_cast<std::size_t>(key);
  at::parallel_for(0, qkv.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::span<float> all = rows_of(qkv, row, row + 1);
      const std::span<float> queries = all.first(query_width);
      const std::span<float> keys = all.subspan(query_width, key_width);
      rms_norm_rows(queries, values(query_norm), epsilon, Rounding::none, queries);
      rms_norm_rows(keys, values(key_norm), epsilon, Rounding::none, keys);
    }
  });
}

void silu_product(at::Tensor out, const at::Tensor& gate_up, Rounding rounding) {
  const std::int64_t width = out.size(1);
  if (!out.is_cpu()) {
    out.copy_(at::silu(gate_up.narrow(1, 0, width)).mul_(gate_up.narrow(1, width, width)));
    return round_in_place(out, rounding);
  }
  at::parallel_for(0, out.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    silu_product_rows(rows_of(gate_up, begin, end), static_cast<std::size_t>(width), rounding,
                      rows_of(out, begin, end));
  });
}

void RotaryTable::grow(std::int64_t positions, const at::Device& device) {
  if (cosines_.defined() && cosines_.size(0) >= positions) return;
  const auto half = static_cast<std::int64_t>(frequencies_.size());
  at::Tensor cosines = at::empty({positions, half}, at::kFloat);
  at::Tensor sines = at::empty({positions, half}, at::kFloat);
  for (std::int64_t at = 0; at < positions * half; ++at) {
    const float angle =
        static_cast<float>(at / half) * frequencies_[static_cast<std::size_t>(at % half)];
    values(cosines)[static_cast<std::size_t>(at)] = std::cos(angle);
    values(sines)[static_cast<std::size_t>(at)] = std::sin(angle);
  }
  cosines_ = cosines.to(device);
  sines_ = sines.to(device);
}

void rotate(at::Tensor qkv, const DecoderConfig& config, const RotaryTable& table,
            const at::Tensor& positions) {
  const std::int64_t heads = config.heads + config.kv_heads;
  const std::int64_t half = config.head_size / 2;
  if (!qkv.is_cpu()) {
    const at::Tensor turned =
        qkv.narrow(1, 0, heads * config.head_size).view({qkv.size(0), heads, 2, half});
    const at::Tensor cosines = table.cosines().index_select(0, positions).unsqueeze(1);
    const at::Tensor sines = table.sines().index_select(0, positions).unsqueeze(1);
    const at::Tensor first = turned.select(2, 0).clone();
    const at::Tensor second = turned.select(2, 1);
    turned.select(2, 0).copy_(first * cosines - second * sines);
    second.mul_(cosines).add_(first * sines);
    return;
  }
  const auto width = static_cast<std::size_t>(heads * config.head_size);
  const std::int64_t* position = positions.const_data_ptr<std::int64_t>();
  at::parallel_for(0, qkv.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      rotate_row(rows_of(qkv, row, row + 1).first(width),
                 rows_of(table.cosines(), position[row], position[row] + 1),
                 rows_of(table.sines(), position[row], position[row] + 1));
  });
}

void attend(at::Tensor out, const at::Tensor& qkv, const DecoderConfig& config,
            const PackedBatch& batch, std::int64_t window, Rounding rounding) {
  const HeadViews heads(config);
  const bool is_windowed = window > 0 && batch.positions_used > window;
  if (is_windowed) {
    for (const SegmentRows& rows : batch.segments)
      attend_in_window(out.narrow(0, rows.begin, rows.length),
                       qkv.narrow(0, rows.begin, rows.length), heads, window);
    return round_in_place(out, rounding);
  }
  if (out.is_cpu()) {
    attend_on_cpu(out, qkv, heads, batch);
    return round_in_place(out, rounding);
  }
  const auto type = rounding == Rounding::bf16 ? at::kBFloat16 : at::kFloat;
  for (const SegmentRows& rows : batch.segments) {
    const at::Tensor segment = qkv.narrow(0, rows.begin, rows.length).to(type);
    heads.query(out.narrow(0, rows.begin, rows.length))
        .copy_(at::scaled_dot_product_attention(heads.query(segment), heads.key(segment),
                                                heads.value(segment), {}, 0.0, true));
  }
  round_in_place(out, rounding);
}

}  // namespace winnow::model
