#include "training/activation_gradient.hpp"

#include "core/vector_clones.hpp"
#include "model/activation.hpp"

namespace winnow::training {
namespace {

using model::Activation;

template <Activation activation>
[[gnu::always_inline]] inline void gated(const float* gate, const float* up, std::size_t width,
                                         const float* gradient, float* gate_back, float* up_back) {
#pragma omp simd
  for (std::size_t i = 0; i < width; ++i) {
    gate_back[i] = gradient[i] * up[i] * model::activation_slope<activation>(gate[i]);
    up_back[i] = gradient[i] * model::activated<activation>(gate[i]);
  }
}

template <Activation activation>
[[gnu::always_inline]] inline void plain(const float* x, std::size_t size, const float* gradient,
                                         float* back) {
#pragma omp simd
  for (std::size_t i = 0; i < size; ++i)
    back[i] = gradient[i] * model::activation_slope<activation>(x[i]);
}

/// Calls body with the activation as a constant.
template <typename Body>
[[gnu::always_inline]] inline void for_constant(Activation activation, Body body) {
  switch (activation) {
    case Activation::silu:
      return body.template operator()<Activation::silu>();
    case Activation::gelu:
      return body.template operator()<Activation::gelu>();
    case Activation::gelu_tanh:
      return body.template operator()<Activation::gelu_tanh>();
  }
}

}  // namespace

WINNOW_VECTOR_CLONES void gated_gradient_rows(Activation activation, std::span<const float> gate_up,
                                              std::size_t width, std::span<const float> gradient,
                                              std::span<float> back) {
  for_constant(
      activation, [&]<Activation chosen>() __attribute__((always_inline)) {
        for (std::size_t at = 0; at < gradient.size(); at += width)
          gated<chosen>(&gate_up[2 * at], &gate_up[2 * at + width], width, &gradient[at],
                        &back[2 * at], &back[2 * at + width]);
      });
}

WINNOW_VECTOR_CLONES void activated_gradient_rows(Activation activation, std::span<const float> x,
                                                  std::span<const float> gradient,
                                                  std::span<float> back) {
  for_constant(
      activation, [&]<Activation chosen>() __attribute__((always_inline)) {
        plain<chosen>(x.data(), x.size(), gradient.data(), back.data());
      });
}

}  // namespace winnow::training
