#include "model/decoder_ops_torch.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>

namespace winnow::model {
namespace {

constexpr std::int64_t kRowsPerTask = 16;

std::span<float> values(const at::Tensor& tensor) {
  return {tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// Rows [begin, end) of a contiguous tensor.
std::span<float> rows_of(const at::Tensor& tensor, std::int64_t begin, std::int64_t end) {
  const auto width = static_cast<std::size_t>(tensor.size(1));
  return values(tensor).subspan(static_cast<std::size_t>(begin) * width, static_cast<std::size_t>(end - begin) * width);
}

void round_in_place(at::Tensor x, Rounding rounding) {
  if (rounding == Rounding::bf16) x.copy_(x.to(at::kBFloat16));
}

/// The query, key or value heads of a segment as [kv_heads, heads per kv head, length, head_size]: keys and values repeat by stride.
struct HeadViews {
  at::Tensor query, key, value;
};

HeadViews head_views(const at::Tensor& qkv, const DecoderConfig& config, SegmentRows rows) {
  const std::int64_t size = config.head_size, kv_heads = config.kv_heads, group = config.heads / config.kv_heads;
  const at::Tensor segment = qkv.narrow(0, rows.begin, rows.length);
  const auto view = [&](std::int64_t first_head, std::int64_t repeats) {
    return segment.narrow(1, first_head * size, kv_heads * repeats * size)
        .view({rows.length, kv_heads, repeats, size})
        .permute({1, 2, 0, 3});
  };
  const auto repeated = [&](std::int64_t first_head) {
    return view(first_head, 1).expand({kv_heads, group, rows.length, size});
  };
  return {view(0, group), repeated(config.heads), repeated(config.heads + kv_heads)};
}

}  // namespace

void rms_norm(at::Tensor out, const at::Tensor& x, const at::Tensor& weight, double epsilon, Rounding rounding) {
  if (!x.is_cpu()) {
    out.copy_(at::rms_norm(x, weight.sizes(), weight, epsilon));
    return round_in_place(out, rounding);
  }
  at::parallel_for(0, x.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    rms_norm_rows(rows_of(x, begin, end), values(weight), static_cast<float>(epsilon), rounding, rows_of(out, begin, end));
  });
}

void silu_product(at::Tensor out, const at::Tensor& gate_up, Rounding rounding) {
  const std::int64_t width = out.size(1);
  if (!out.is_cpu()) {
    out.copy_(at::silu(gate_up.narrow(1, 0, width)).mul_(gate_up.narrow(1, width, width)));
    return round_in_place(out, rounding);
  }
  at::parallel_for(0, out.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    silu_product_rows(rows_of(gate_up, begin, end), static_cast<std::size_t>(width), rounding, rows_of(out, begin, end));
  });
}

void RotaryTable::grow(std::int64_t positions, const at::Device& device) {
  if (cosines_.defined() && cosines_.size(0) >= positions) return;
  const auto half = static_cast<std::int64_t>(frequencies_.size());
  at::Tensor cosines = at::empty({positions, half}, at::kFloat);
  at::Tensor sines = at::empty({positions, half}, at::kFloat);
  for (std::int64_t at = 0; at < positions * half; ++at) {
    const float angle = static_cast<float>(at / half) * frequencies_[static_cast<std::size_t>(at % half)];
    values(cosines)[static_cast<std::size_t>(at)] = std::cos(angle);
    values(sines)[static_cast<std::size_t>(at)] = std::sin(angle);
  }
  cosines_ = cosines.to(device);
  sines_ = sines.to(device);
}

void rotate(at::Tensor qkv, const DecoderConfig& config, const RotaryTable& table, const at::Tensor& positions) {
  const std::int64_t heads = config.heads + config.kv_heads;
  const std::int64_t half = config.head_size / 2;
  if (!qkv.is_cpu()) {
    const at::Tensor turned = qkv.narrow(1, 0, heads * config.head_size).view({qkv.size(0), heads, 2, half});
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
      rotate_row(rows_of(qkv, row, row + 1).first(width), rows_of(table.cosines(), position[row], position[row] + 1),
                 rows_of(table.sines(), position[row], position[row] + 1));
  });
}

void attend(at::Tensor out, const at::Tensor& qkv, const DecoderConfig& config, const std::vector<SegmentRows>& segments,
            Rounding rounding) {
  for (const SegmentRows& rows : segments) {
    const HeadViews heads = head_views(qkv, config, rows);
    at::Tensor mixed;
    if (out.is_cpu()) {
      mixed = std::get<0>(at::_scaled_dot_product_flash_attention_for_cpu(heads.query, heads.key, heads.value, 0.0, true));
    } else {
      const auto type = rounding == Rounding::bf16 ? at::kBFloat16 : at::kFloat;
      mixed = at::scaled_dot_product_attention(heads.query.to(type), heads.key.to(type), heads.value.to(type), {}, 0.0, true);
    }
    out.narrow(0, rows.begin, rows.length)
        .view({rows.length, heads.query.size(0), heads.query.size(1), heads.query.size(3)})
        .permute({1, 2, 0, 3})
        .copy_(mixed);
  }
  round_in_place(out, rounding);
}

}  // namespace winnow::model
