#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/decoder_weights_torch.hpp"
#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "model/row_kernels.hpp"

namespace winnow::model {

/// The decoder's steps between matrix products, on float32 tensors [rows, width]: own loops on the
/// CPU, ATen elsewhere.

/// RMSNorm, or LayerNorm where the norm has a bias. `out` may be `x`.
void normalize(at::Tensor out, const at::Tensor& x, const Norm& norm, double epsilon,
               Rounding rounding);

/// out = x, as the input of a product.
void round_rows(at::Tensor out, const at::Tensor& x, Rounding rounding);
void round_in_place(at::Tensor x, Rounding rounding);

/// RMSNorm of the query and of the key heads of qkv, in place: over as many elements as the weight
/// has.
void norm_queries_and_keys(at::Tensor qkv, const DecoderConfig& config, const DecoderLayer& layer);

/// f(gate) * up of gate_up [rows, 2 * width] where the model is gated, else f(gate_up).
void activate(at::Tensor out, const at::Tensor& gate_up, const DecoderConfig& config,
              Rounding rounding);

/// x = cap * tanh(x / cap), in place.
void cap_values(at::Tensor x, double cap);

/// Cosines and sines of the rotary angles, grown on demand. [rows, size / 2]
class RotaryTable {
 public:
  explicit RotaryTable(RotaryConfig config) : config_(std::move(config)) {}
  void grow(std::int64_t positions, const at::Device& device);
  /// The table's row of each of the batch's rows. [batch rows] int64
  [[nodiscard]] at::Tensor table_rows(const PackedBatch& batch, const at::Device& device) const;
  /// The table of the opposite angles.
  [[nodiscard]] RotaryTable turned_back() const;
  [[nodiscard]] const at::Tensor& cosines() const { return cosines_; }
  [[nodiscard]] const at::Tensor& sines() const { return sines_; }

 private:
  RotaryConfig config_;
  /// One row a position; with frequencies of their own for long texts, those rows come after.
  std::int64_t positions_ = 0;
  at::Tensor cosines_;
  at::Tensor sines_;
};

/// Turns the query and key heads of qkv [rows, (heads + 2 * kv_heads) * head_size].
/// @param table_rows  RotaryTable::table_rows
void rotate(at::Tensor qkv, const DecoderConfig& config, const RotaryTable& table,
            const at::Tensor& table_rows);

/// On the CPU it refers to `values`.
[[nodiscard]] at::Tensor index_tensor(const std::vector<std::int64_t>& values,
                                      const at::Device& device);

}  // namespace winnow::model
