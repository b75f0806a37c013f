#pragma once

#include <cstddef>
#include <span>

#include "model/model_config.hpp"

namespace winnow::training {

/// The way back through rows of out = f(gate) * up. `gate_up` and `back` are [rows, 2 * width]:
/// gate, then up; `gradient` (of out) is [rows, width].
void gated_gradient_rows(model::Activation activation, std::span<const float> gate_up,
                         std::size_t width, std::span<const float> gradient, std::span<float> back);

/// back[i] = gradient[i] f'(x[i])
void activated_gradient_rows(model::Activation activation, std::span<const float> x,
                             std::span<const float> gradient, std::span<float> back);

}  // namespace winnow::training
