#include "model/row_kernels.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/vector_clones.hpp"
#include "model/activation.hpp"
#include "model/exponential.hpp"

namespace winnow::model {
namespace {

[[gnu::always_inline]] inline float nearest_bf16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) & 0xFFFF0000U;
  return x == x ? std::bit_cast<float>(rounded) : x;
}

template <Rounding rounding>
[[gnu::always_inline]] inline float rounded(float x) {
  if constexpr (rounding == Rounding::bf16)
    return nearest_bf16(x);
  else
    return x;
}

template <Rounding rounding>
[[gnu::always_inline]] inline void rms_norm(const float* x, const float* weight, float epsilon,
                                            std::size_t width, float* out) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (std::size_t i = 0; i < width; ++i) squares = std::fma(x[i], x[i], squares);
  const float scale = 1.0F / std::sqrt(squares / static_cast<float>(width) + epsilon);
#pragma omp simd
  for (std::size_t i = 0; i < width; ++i) out[i] = rounded<rounding>(x[i] * scale * weight[i]);
}

template <Rounding rounding>
[[gnu::always_inline]] inline void layer_norm(const float* x, const float* weight,
                                              const float* bias, float epsilon, std::size_t width,
                                              float* out) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < width; ++i) sum += x[i];
  const float mean = sum / static_cast<float>(width);
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (std::size_t i = 0; i < width; ++i) squares = std::fma(x[i] - mean, x[i] - mean, squares);
  const float scale = 1.0F / std::sqrt(squares / static_cast<float>(width) + epsilon);
#pragma omp simd
  for (std::size_t i = 0; i < width; ++i)
    out[i] = rounded<rounding>(std::fma((x[i] - mean) * scale, weight[i], bias[i]));
}

template <Activation activation, Rounding rounding>
[[gnu::always_inline]] inline void gated(const float* gate, const float* up, std::size_t width,
                                         float* out) {
#pragma omp simd
  for (std::size_t i = 0; i < width; ++i)
    out[i] = rounded<rounding>(activated<activation>(gate[i]) * up[i]);
}

template <Activation activation, Rounding rounding>
[[gnu::always_inline]] inline void activate(const float* x, std::size_t size, float* out) {
#pragma omp simd
  for (std::size_t i = 0; i < size; ++i) out[i] = rounded<rounding>(activated<activation>(x[i]));
}

/// Calls body with both as constants.
template <typename Body>
[[gnu::always_inline]] inline void for_constants(Activation activation, Rounding rounding,
                                                 Body body) {
  const auto with = [&]<Activation chosen>() __attribute__((always_inline)) {
    if (rounding == Rounding::bf16)
      body.template operator()<chosen, Rounding::bf16>();
    else
      body.template operator()<chosen, Rounding::none>();
  };
  switch (activation) {
    case Activation::silu:
      return with.template operator()<Activation::silu>();
    case Activation::gelu:
      return with.template operator()<Activation::gelu>();
    case Activation::gelu_tanh:
      return with.template operator()<Activation::gelu_tanh>();
  }
}

}  // namespace

WINNOW_VECTOR_CLONES void rms_norm_rows(std::span<const float> x, std::span<const float> weight,
                                        float epsilon, Rounding rounding, std::span<float> out) {
  const std::size_t width = weight.size();
  for (std::size_t at = 0; at < x.size(); at += width) {
    if (rounding == Rounding::bf16)
      rms_norm<Rounding::bf16>(&x[at], weight.data(), epsilon, width, &out[at]);
    else
      rms_norm<Rounding::none>(&x[at], weight.data(), epsilon, width, &out[at]);
  }
}

WINNOW_VECTOR_CLONES void layer_norm_rows(std::span<const float> x, std::span<const float> weight,
                                          std::span<const float> bias, float epsilon,
                                          Rounding rounding, std::span<float> out) {
  const std::size_t width = weight.size();
  for (std::size_t at = 0; at < x.size(); at += width) {
    if (rounding == Rounding::bf16)
      layer_norm<Rounding::bf16>(&x[at], weight.data(), bias.data(), epsilon, width, &out[at]);
    else
      layer_norm<Rounding::none>(&x[at], weight.data(), bias.data(), epsilon, width, &out[at]);
  }
}

WINNOW_VECTOR_CLONES void rotate_row(std::span<float> row, std::size_t head_size,
                                     std::span<const float> cosines, std::span<const float> sines) {
  const std::size_t half = cosines.size();
  for (float* head = row.data(); head != row.data() + row.size(); head += head_size) {
#pragma omp simd
    for (std::size_t i = 0; i < half; ++i) {
      const float first = head[i];
      const float second = head[i + half];
      head[i] = first * cosines[i] - second * sines[i];
      head[i + half] = second * cosines[i] + first * sines[i];
    }
  }
}

WINNOW_VECTOR_CLONES void gated_rows(Activation activation, std::span<const float> gate_up,
                                     std::size_t width, Rounding rounding, std::span<float> out) {
  for_constants(
      activation,
      rounding, [&]<Activation chosen, Rounding rounded>() __attribute__((always_inline)) {
        for (std::size_t at = 0; at < out.size(); at += width) {
          const float* gate = &gate_up[2 * at];
          gated<chosen, rounded>(gate, gate + width, width, &out[at]);
        }
      });
}

WINNOW_VECTOR_CLONES void activated_rows(Activation activation, std::span<const float> x,
                                         Rounding rounding, std::span<float> out) {
  for_constants(
      activation,
      rounding, [&]<Activation chosen, Rounding rounded>() __attribute__((always_inline)) {
        activate<chosen, rounded>(x.data(), x.size(), out.data());
      });
}

WINNOW_VECTOR_CLONES void cap_rows(std::span<float> x, float cap) {
  float* values = x.data();
#pragma omp simd
  for (std::size_t i = 0; i < x.size(); ++i) values[i] = cap * hyperbolic_tangent(values[i] / cap);
}

RunningLogSum empty_log_sum() { return {-std::numeric_limits<float>::infinity(), 0.0}; }

WINNOW_VECTOR_CLONES void add_to_log_sum(RunningLogSum& running, const float* logits,
                                         std::size_t size) {
  float largest = running.maximum;
#pragma omp simd reduction(max : largest)
  for (std::size_t i = 0; i < size; ++i) largest = logits[i] > largest ? logits[i] : largest;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < size; ++i) sum += exponential(logits[i] - largest);
  const double carried =
      running.sum == 0 ? 0.0
                       : running.sum * std::exp(static_cast<double>(running.maximum) - largest);
  running.sum = carried + sum;
  running.maximum = largest;
}

void RunningLogSum::add(std::span<const float> logits) {
  add_to_log_sum(*this, logits.data(), logits.size());
}

double RunningLogSum::value() const { return static_cast<double>(maximum) + std::log(sum); }

}  // namespace winnow::model
