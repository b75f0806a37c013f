#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/generation.hpp"
#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "model/row_kernels.hpp"

namespace winnow::model {

/// Keys and values, as attention sees them, of the sequences under way, float32 on the decoder's
/// device. Each sequence has its room from the beginning.
class KvCache {
 public:
  KvCache(std::int64_t layers, std::int64_t kv_heads, std::int64_t head_size, at::Device device)
      : layers_(layers), kv_heads_(kv_heads), head_size_(head_size), device_(device) {}

  struct Layer {
    at::Tensor keys;    ///< [kv_heads, head_size, capacity]
    at::Tensor values;  ///< [kv_heads, capacity, head_size]
  };
  struct Sequence {
    std::vector<Layer> layers;
    std::int64_t tokens = 0;  ///< that the cache holds in every layer
    std::int64_t capacity = 0;
  };

  void open(SequenceSlot slot, std::int64_t capacity);
  void close(SequenceSlot slot) { sequences_.erase(slot); }
  [[nodiscard]] Sequence& at(SequenceSlot slot) { return sequences_.at(slot); }
  [[nodiscard]] std::int64_t kv_heads() const { return kv_heads_; }
  [[nodiscard]] std::int64_t key_width() const { return kv_heads_ * head_size_; }

  /// Writes rows of keys and values, [rows, kv_heads * head_size] each, behind the first `tokens`
  /// of the sequence in one layer.
  void write(Sequence& sequence, std::size_t layer, std::int64_t behind, const at::Tensor& keys,
             const at::Tensor& values) const;

 private:
  std::int64_t layers_, kv_heads_, head_size_;
  at::Device device_;
  std::map<SequenceSlot, Sequence> sequences_;
};

/// What a pass of the decoder does with the cache: the batch's segments are the sequences of
/// `slots`, in their order.
struct CachedPass {
  enum class Kind {
    whole,  ///< segments are sequences from their beginning
    next    ///< segments are the one token behind what the cache holds
  };
  KvCache& cache;
  std::vector<SequenceSlot> slots;
  Kind kind = Kind::whole;
};

/// Keeps the turned keys and values of all segments of a `whole` pass.
void keep_whole(const at::Tensor& qkv, std::size_t layer, const PackedBatch& batch,
                const CachedPass& pass);

/// Attention of one new token of each sequence of a `next` pass to what the cache holds of it and
/// to itself; keys and values are written first. On the CPU by own loops, else by ATen.
///
/// @param out     [rows, heads * head_size], rounded as the input of a product; one row for each
///                slot, in their order, then any
/// @param qkv     [rows, (heads + 2 * kv_heads) * head_size], turned
void attend_next(at::Tensor out, const at::Tensor& qkv, const DecoderConfig& config,
                 std::size_t layer, const CachedPass& pass, Rounding rounding);

}  // namespace winnow::model
