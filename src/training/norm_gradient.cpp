#include "training/norm_gradient.hpp"

#include <cmath>

#include "core/vector_clones.hpp"

namespace winnow::training {
namespace {

WINNOW_VECTOR_CLONES void one_row(const float* x, const float* weight, std::size_t width,
                                  float epsilon, const float* gradient, float* x_gradient,
                                  float* weight_gradient) {
  float squares = 0;
  float along = 0;  // Of the gradient, in the direction of x.
#pragma omp simd reduction(+ : squares, along)
  for (std::size_t i = 0; i < width; ++i) {
    squares += x[i] * x[i];
    along += gradient[i] * weight[i] * x[i];
  }
  const auto size = static_cast<float>(width);
  const float inverse = 1 / std::sqrt(squares / size + epsilon);
  const float back = along * inverse * inverse * inverse / size;
#pragma omp simd
  for (std::size_t i = 0; i < width; ++i) {
    weight_gradient[i] += gradient[i] * x[i] * inverse;
    x_gradient[i] = gradient[i] * weight[i] * inverse - x[i] * back;
  }
}

}  // namespace

void rms_norm_gradient_rows(std::span<const float> x, std::span<const float> weight, float epsilon,
                            std::span<const float> gradient, std::span<float> x_gradient,
                            std::span<float> weight_gradient) {
  const std::size_t width = weight.size();
  for (std::size_t row = 0; row * width < x.size(); ++row)
    one_row(x.data() + row * width, weight.data(), width, epsilon, gradient.data() + row * width,
            x_gradient.data() + row * width, weight_gradient.data());
}

}  // namespace winnow::training
