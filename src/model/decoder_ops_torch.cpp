#include "model/decoder_ops_torch.hpp"

#include <cmath>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

namespace winnow::model {
namespace {

constexpr std::int64_t kRowsPerTask = 16;

std::span<float> values(const at::Tensor& tensor) {
  return {tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// Rows [begin, end) of a contiguous tensor.
std::span<float> row_values(const at::Tensor& tensor, std::int64_t begin, std::int64_t end) {
  const auto width = static_cast<std::size_t>(tensor.size(1));
  return values(tensor).subspan(static_cast<std::size_t>(begin) * width,
                                static_cast<std::size_t>(end - begin) * width);
}

template <typename Visit>
void for_each_task(std::int64_t rows, Visit visit) {
  at::parallel_for(0, rows, kRowsPerTask, visit);
}

at::Tensor activated(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::silu:
      return at::silu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::gelu_tanh:
      break;
  }
  return at::gelu(x, "tanh");
}

}  // namespace

void normalize(at::Tensor out, const at::Tensor& x, const Norm& norm, double epsilon,
               Rounding rounding) {
  if (!x.is_cpu()) {
    out.copy_(norm.bias.defined()
                  ? at::layer_norm(x, norm.weight.sizes(), norm.weight, norm.bias, epsilon)
                  : at::rms_norm(x, norm.weight.sizes(), norm.weight, epsilon));
    return round_in_place(out, rounding);
  }
  const auto small = static_cast<float>(epsilon);
  for_each_task(x.size(0), [&](std::int64_t begin, std::int64_t end) {
    if (norm.bias.defined())
      layer_norm_rows(row_values(x, begin, end), values(norm.weight), values(norm.bias), small,
                      rounding, row_values(out, begin, end));
    else
      rms_norm_rows(row_values(x, begin, end), values(norm.weight), small, rounding,
                    row_values(out, begin, end));
  });
}

void round_in_place(at::Tensor x, Rounding rounding) {
  if (rounding == Rounding::bf16) x.copy_(x.to(at::kBFloat16));
}

void round_rows(at::Tensor out, const at::Tensor& x, Rounding rounding) {
  out.copy_(x);
  round_in_place(out, rounding);
}

void norm_queries_and_keys(at::Tensor qkv, const DecoderConfig& config, const DecoderLayer& layer) {
  const at::Tensor& query_norm = layer.query_norm.weight;
  const at::Tensor& key_norm = layer.key_norm.weight;
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
  for_each_task(qkv.size(0), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::span<float> all = row_values(qkv, row, row + 1);
      const std::span<float> queries = all.first(query_width);
      const std::span<float> keys = all.subspan(query_width, key_width);
      rms_norm_rows(queries, values(query_norm), epsilon, Rounding::none, queries);
      rms_norm_rows(keys, values(key_norm), epsilon, Rounding::none, keys);
    }
  });
}

void activate(at::Tensor out, const at::Tensor& gate_up, const DecoderConfig& config,
              Rounding rounding) {
  const std::int64_t width = out.size(1);
  if (!out.is_cpu()) {
    const at::Tensor gate = activated(gate_up.narrow(1, 0, width), config.activation);
    out.copy_(config.is_gated ? gate * gate_up.narrow(1, width, width) : gate);
    return round_in_place(out, rounding);
  }
  for_each_task(out.size(0), [&](std::int64_t begin, std::int64_t end) {
    if (config.is_gated)
      gated_rows(config.activation, row_values(gate_up, begin, end),
                 static_cast<std::size_t>(width), rounding, row_values(out, begin, end));
    else
      activated_rows(config.activation, row_values(gate_up, begin, end), rounding,
                     row_values(out, begin, end));
  });
}

void cap_values(at::Tensor x, double cap) {
  if (!x.is_cpu() || !x.is_contiguous()) {
    x.div_(cap).tanh_().mul_(cap);
    return;
  }
  const at::Tensor rows = x.flatten(0, -2);
  for_each_task(rows.size(0), [&](std::int64_t begin, std::int64_t end) {
    cap_rows(row_values(rows, begin, end), static_cast<float>(cap));
  });
}

void RotaryTable::grow(std::int64_t positions, const at::Device& device) {
  if (positions_ >= positions) return;
  positions_ = positions;
  const auto* scaling = std::get_if<LongRotaryScaling>(&config_.scaling);
  const auto magnitude = static_cast<float>(scaling == nullptr ? 1 : scaling->magnitude);
  std::vector<float> cosines, sines;
  const auto append = [&](const std::vector<float>& frequencies) {
    for (std::int64_t position = 0; position < positions; ++position)
      for (const float frequency : frequencies) {
        const float angle = static_cast<float>(position) * frequency;
        cosines.push_back(std::cos(angle) * magnitude);
        sines.push_back(std::sin(angle) * magnitude);
      }
  };
  append(rotary_frequencies(config_, false));
  if (scaling != nullptr) append(rotary_frequencies(config_, true));
  const std::int64_t half = config_.size / 2;
  const auto tensor = [&](std::vector<float>& table) {
    return at::from_blob(table.data(), {static_cast<std::int64_t>(table.size()) / half, half},
                         at::kFloat)
        .clone()
        .to(device);
  };
  cosines_ = tensor(cosines);
  sines_ = tensor(sines);
}

RotaryTable RotaryTable::turned_back() const {
  RotaryTable table = *this;
  table.sines_ = sines_.neg();
  return table;
}

at::Tensor RotaryTable::table_rows(const PackedBatch& batch, const at::Device& device) const {
  const auto* scaling = std::get_if<LongRotaryScaling>(&config_.scaling);
  if (scaling == nullptr) return index_tensor(batch.positions, device);
  std::vector<std::int64_t> rows = batch.positions;
  for (const SegmentRows& segment : batch.segments)
    if (segment.text_length > scaling->original_positions)
      for (std::int64_t row = segment.begin; row < segment.begin + segment.length; ++row)
        rows[static_cast<std::size_t>(row)] += positions_;
  return index_tensor(rows, device).clone();
}

void rotate(at::Tensor qkv, const DecoderConfig& config, const RotaryTable& table,
            const at::Tensor& table_rows) {
  const std::int64_t heads = config.heads + config.kv_heads;
  const std::int64_t half = table.cosines().size(1);
  if (!qkv.is_cpu()) {
    const at::Tensor turned =
        qkv.narrow(1, 0, heads * config.head_size).view({qkv.size(0), heads, config.head_size});
    const at::Tensor cosines = table.cosines().index_select(0, table_rows).unsqueeze(1);
    const at::Tensor sines = table.sines().index_select(0, table_rows).unsqueeze(1);
    const at::Tensor first = turned.narrow(2, 0, half).clone();
    const at::Tensor second = turned.narrow(2, half, half);
    turned.narrow(2, 0, half).copy_(first * cosines - second * sines);
    second.mul_(cosines).add_(first * sines);
    return;
  }
  const auto width = static_cast<std::size_t>(heads * config.head_size);
  const std::int64_t* table_row = table_rows.const_data_ptr<std::int64_t>();
  for_each_task(qkv.size(0), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      rotate_row(row_values(qkv, row, row + 1).first(width), config.head_size,
                 row_values(table.cosines(), table_row[row], table_row[row] + 1),
                 row_values(table.sines(), table_row[row], table_row[row] + 1));
  });
}

at::Tensor index_tensor(const std::vector<std::int64_t>& values, const at::Device& device) {
  return at::from_blob(const_cast<std::int64_t*>(values.data()),
                       {static_cast<std::int64_t>(values.size())}, at::kLong)
      .to(device);
}

}  // namespace winnow::model
