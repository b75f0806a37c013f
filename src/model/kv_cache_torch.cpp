#include "model/kv_cache_torch.hpp"

#include <algorithm>

#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <ATen/Parallel.h>

#include "core/error.hpp"
#include "model/cached_attention.hpp"
#include "model/decoder_ops_torch.hpp"

namespace winnow::model {
namespace {

/// scale * query . key, then limit * tanh(score / limit) unless `limit` is 0; a token sees the last
/// `window` tokens, itself included, unless that is 0.
struct Scores {
  double scale = 1;
  double limit = 0;
  std::int64_t window = 0;
};

/// The three parts of turned rows.
struct QkvParts {
  at::Tensor queries, keys, values;
};

QkvParts parts_of(const at::Tensor& qkv, std::int64_t key_width) {
  const std::int64_t query_width = qkv.size(1) - 2 * key_width;
  return {qkv.narrow(1, 0, query_width), qkv.narrow(1, query_width, key_width),
          qkv.narrow(1, query_width + key_width, key_width)};
}

std::int64_t first_seen(std::int64_t tokens, std::int64_t window) {
  return window == 0 ? 0 : std::max<std::int64_t>(0, tokens - window);
}

/// One key head of one sequence: its new key and value are stored, then its query heads attend.
void attend_on_cpu(const KvCache::Sequence& sequence, const KvCache::Layer& layer,
                   std::int64_t head, std::span<const float> row, std::span<float> out,
                   const Scores& rule) {
  const std::int64_t kv_heads = layer.keys.size(0), size = layer.keys.size(1);
  const auto width = static_cast<std::size_t>(size);
  const auto group = row.size() / width / static_cast<std::size_t>(kv_heads) - 2;
  const auto kv_width = static_cast<std::size_t>(kv_heads * size);
  const auto capacity = static_cast<std::size_t>(sequence.capacity);
  const auto token = static_cast<std::size_t>(sequence.tokens);
  const auto place = static_cast<std::size_t>(head);
  float* keys = layer.keys.mutable_data_ptr<float>() + place * width * capacity;
  float* values = layer.values.mutable_data_ptr<float>() + place * width * capacity;
  const std::span<const float> key = row.subspan(group * kv_width + place * width, width);
  const std::span<const float> value = row.subspan((group + 1) * kv_width + place * width, width);
  for (std::size_t i = 0; i < width; ++i) keys[i * capacity + token] = key[i];
  std::ranges::copy(value, values + token * width);
  const CachedHead seen{keys,
                        values,
                        capacity,
                        width,
                        static_cast<std::size_t>(first_seen(sequence.tokens + 1, rule.window)),
                        token + 1};
  const std::size_t first_query = place * group * width;
  attend_to_cached_head(row.subspan(first_query, group * width), seen,
                        static_cast<float>(rule.scale), static_cast<float>(rule.limit),
                        out.subspan(first_query, group * width));
}

/// One sequence, all heads: query [1, heads * size] and out alike.
void attend_by_aten(const KvCache::Sequence& sequence, const KvCache::Layer& layer,
                    const at::Tensor& query, const at::Tensor& out, const Scores& rule) {
  const std::int64_t kv_heads = layer.keys.size(0), size = layer.keys.size(1);
  const std::int64_t first = first_seen(sequence.tokens + 1, rule.window);
  const std::int64_t seen = sequence.tokens + 1 - first;
  const at::Tensor queries = query.reshape({kv_heads, -1, size});
  at::Tensor scores = at::bmm(queries, layer.keys.narrow(2, first, seen)).mul_(rule.scale);
  if (rule.limit > 0) cap_values(scores, rule.limit);
  const at::Tensor mixed = at::bmm(at::softmax(scores, -1), layer.values.narrow(1, first, seen));
  out.copy_(mixed.reshape(out.sizes()));
}

}  // namespace

void KvCache::open(SequenceSlot slot, std::int64_t capacity) {
  const auto options = at::TensorOptions(at::kFloat).device(device_);
  Sequence sequence;
  sequence.capacity = capacity;
  for (std::int64_t layer = 0; layer < layers_; ++layer)
    sequence.layers.push_back({at::empty({kv_heads_, head_size_, capacity}, options),
                               at::empty({kv_heads_, capacity, head_size_}, options)});
  core::check(sequences_.emplace(slot, std::move(sequence)).second, "a slot of the cache is free");
}

void KvCache::write(Sequence& sequence, std::size_t layer, std::int64_t behind,
                    const at::Tensor& keys, const at::Tensor& values) const {
  const std::int64_t rows = keys.size(0);
  core::check(behind + rows <= sequence.capacity, "a cached sequence has room");
  const auto by_head = [&](const at::Tensor& part) {
    return part.unflatten(1, {kv_heads_, head_size_}).transpose(0, 1);
  };
  sequence.layers[layer].keys.narrow(2, behind, rows).copy_(by_head(keys).transpose(1, 2));
  sequence.layers[layer].values.narrow(1, behind, rows).copy_(by_head(values));
}

void keep_whole(const at::Tensor& qkv, std::size_t layer, const PackedBatch& batch,
                const CachedPass& pass) {
  const QkvParts parts = parts_of(qkv, pass.cache.key_width());
  for (std::size_t i = 0; i < pass.slots.size(); ++i) {
    KvCache::Sequence& sequence = pass.cache.at(pass.slots[i]);
    const SegmentRows rows = batch.segments[i];
    if (batch.shared > 0)
      pass.cache.write(sequence, layer, 0, parts.keys.narrow(0, 0, batch.shared),
                       parts.values.narrow(0, 0, batch.shared));
    pass.cache.write(sequence, layer, batch.shared, parts.keys.narrow(0, rows.begin, rows.length),
                     parts.values.narrow(0, rows.begin, rows.length));
  }
}

void attend_next(at::Tensor out, const at::Tensor& qkv, const DecoderConfig& config,
                 std::size_t layer, const CachedPass& pass, Rounding rounding) {
  const Scores rule{config.layers[layer].attention_scale, config.attention_cap,
                    config.layers[layer].window};
  for (const SequenceSlot slot : pass.slots)
    core::check(pass.cache.at(slot).tokens < pass.cache.at(slot).capacity,
                "a cached sequence has room");
  if (!out.is_cpu()) {
    const QkvParts parts = parts_of(qkv, pass.cache.key_width());
    for (std::size_t i = 0; i < pass.slots.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      KvCache::Sequence& sequence = pass.cache.at(pass.slots[i]);
      pass.cache.write(sequence, layer, sequence.tokens, parts.keys.narrow(0, row, 1),
                       parts.values.narrow(0, row, 1));
      attend_by_aten(sequence, sequence.layers[layer], parts.queries.narrow(0, row, 1),
                     out.narrow(0, row, 1), rule);
    }
    return round_in_place(out, rounding);
  }
  const std::int64_t kv_heads = pass.cache.kv_heads();
  const auto row_of = [](const at::Tensor& rows, std::size_t row) {
    const auto width = static_cast<std::size_t>(rows.size(1));
    return std::span(rows.mutable_data_ptr<float>() + row * width, width);
  };
  at::parallel_for(0, static_cast<std::int64_t>(pass.slots.size()) * kv_heads, 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t task = begin; task < end; ++task) {
                       const auto row = static_cast<std::size_t>(task / kv_heads);
                       const KvCache::Sequence& sequence = pass.cache.at(pass.slots[row]);
                       attend_on_cpu(sequence, sequence.layers[layer], task % kv_heads,
                                     row_of(qkv, row), row_of(out, row), rule);
                     }
                   });
  round_in_place(out, rounding);
}

}  // namespace winnow::model
