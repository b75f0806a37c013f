#pragma once

#include <algorithm>

namespace winnow::training {

/// What a gradient of this norm is multiplied by, as torch.nn.utils.clip_grad_norm_ does.
/// @param limit  0: none
[[nodiscard]] inline double clip_scale(double norm, double limit) {
  return limit > 0 ? std::min(1.0, limit / (norm + 1e-6)) : 1.0;
}

}  // namespace winnow::training
