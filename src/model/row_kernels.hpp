#pragma once

#include <cstddef>
#include <span>

namespace winnow::model {

/// Loops over rows of float32 that the decoder runs on the CPU, each in one pass over memory. Rows
/// are independent, so callers may split them over threads without changing a bit. `Rounding::bf16`
/// rounds what is written to the nearest bf16 value.
enum class Rounding { none, bf16 };

/// out[r][i] = x[r][i] / sqrt(mean(x[r]^2) + epsilon) * weight[i]; `x` and `out` are [rows,
/// weight.size()].
void rms_norm_rows(std::span<const float> x, std::span<const float> weight, float epsilon,
                   Rounding rounding, std::span<float> out);

/// Turns the pairs (i, i + head_size / 2) of the first `heads` heads of one row by the row's
/// angles. [heads * head_size]
void rotate_row(std::span<float> row, std::span<const float> cosines, std::span<const float> sines);

/// out[r][i] = silu(gate[r][i]) * up[r][i]; `gate_up` is [rows, 2 * width]: gate, then up.
void silu_product_rows(std::span<const float> gate_up, std::size_t width, Rounding rounding,
                       std::span<float> out);

/// ln sum exp of what was added, kept as maximum and sum so that a row of logits can come in
/// pieces.
struct RunningLogSum {
  float maximum;
  double sum;  ///< of exp(logit - maximum)
  void add(std::span<const float> logits);
  [[nodiscard]] double value() const;
};
[[nodiscard]] RunningLogSum empty_log_sum();

}  // namespace winnow::model
