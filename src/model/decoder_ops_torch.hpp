#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "model/row_kernels.hpp"

namespace winnow::model {

/// The decoder's steps between matrix products, on float32 tensors [rows, width]: own loops on the
/// CPU, ATen elsewhere.

void rms_norm(at::Tensor out, const at::Tensor& x, const at::Tensor& weight, double epsilon,
              Rounding rounding);

/// out = x, as the input of a product.
void round_rows(at::Tensor out, const at::Tensor& x, Rounding rounding);

/// RMSNorm of the query and of the key heads of qkv, in place: over as many elements as the weight
/// has.
void norm_queries_and_keys(at::Tensor qkv, const DecoderConfig& config,
                           const at::Tensor& query_norm, const at::Tensor& key_norm);

/// silu(gate) * up; gate_up [rows, 2 * width].
void silu_product(at::Tensor out, const at::Tensor& gate_up, Rounding rounding);

/// Cosines and sines of the rotary angles, grown on demand. [positions, head_size / 2]
class RotaryTable {
 public:
  explicit RotaryTable(const DecoderConfig& config) : frequencies_(rotary_frequencies(config)) {}
  void grow(std::int64_t positions, const at::Device& device);
  [[nodiscard]] const at::Tensor& cosines() const { return cosines_; }
  [[nodiscard]] const at::Tensor& sines() const { return sines_; }

 private:
  std::vector<float> frequencies_;
  at::Tensor cosines_;
  at::Tensor sines_;
};

/// Turns the query and key heads of qkv [rows, (heads + 2 * kv_heads) * head_size]; positions
/// [rows] int64.
void rotate(at::Tensor qkv, const DecoderConfig& config, const RotaryTable& table,
            const at::Tensor& positions);

/// Causal attention of each segment's rows to the batch's common beginning and to themselves, each
/// to the last `window` tokens only unless that is 0; out [rows, heads * head_size]. A common
/// beginning is possible on the CPU only, and only where no segment is longer than the window.
void attend(at::Tensor out, const at::Tensor& qkv, const DecoderConfig& config,
            const PackedBatch& batch, std::int64_t window, Rounding rounding);

}  // namespace winnow::model
