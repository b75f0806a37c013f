#pragma once

#include <cstddef>
#include <span>

namespace winnow::training {

/// The way back through rows of out = x / sqrt(mean(x^2) + epsilon) * weight. `x`, `gradient` (of
/// out) and `x_gradient` are [rows, weight.size()]; `x_gradient` is written, `weight_gradient` is
/// added to.
void rms_norm_gradient_rows(std::span<const float> x, std::span<const float> weight, float epsilon,
                            std::span<const float> gradient, std::span<float> x_gradient,
                            std::span<float> weight_gradient);

}  // namespace winnow::training
