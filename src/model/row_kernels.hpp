#pragma once

#include <cstddef>
#include <span>

#include "model/model_config.hpp"

namespace winnow::model {

/// Loops over rows of float32 that the decoder runs on the CPU, each in one pass over memory. Rows
/// are independent, so callers may split them over threads without changing a bit. `Rounding::bf16`
/// rounds what is written to the nearest bf16 value.
enum class Rounding { none, bf16 };

/// out[r][i] = x[r][i] / sqrt(mean(x[r]^2) + epsilon) * weight[i]; `x` and `out` are [rows,
/// weight.size()].
void rms_norm_rows(std::span<const float> x, std::span<const float> weight, float epsilon,
                   Rounding rounding, std::span<float> out);

/// out[r][i] = (x[r][i] - mean(x[r])) / sqrt(variance(x[r]) + epsilon) * weight[i] + bias[i], the
/// variance without Bessel's correction.
void layer_norm_rows(std::span<const float> x, std::span<const float> weight,
                     std::span<const float> bias, float epsilon, Rounding rounding,
                     std::span<float> out);

/// Turns the pairs (i, i + cosines.size()) of each head of one row by the row's angles; elements
/// from 2 * cosines.size() on stay. [heads * head_size]
void rotate_row(std::span<float> row, std::size_t head_size, std::span<const float> cosines,
                std::span<const float> sines);

/// out[r][i] = f(gate[r][i]) * up[r][i]; `gate_up` is [rows, 2 * width]: gate, then up.
void gated_rows(Activation activation, std::span<const float> gate_up, std::size_t width,
                Rounding rounding, std::span<float> out);

/// out[i] = f(x[i]); silu(x) = x sigmoid(x), gelu(x) = x Phi(x) with the error function, or its
/// tanh form.
void activated_rows(Activation activation, std::span<const float> x, Rounding rounding,
                    std::span<float> out);

/// x[i] = cap * tanh(x[i] / cap)
void cap_rows(std::span<float> x, float cap);

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
