#pragma once

#include <cstdint>
#include <span>

namespace winnow::training {

struct AdamwRule {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// What one update of some elements needs beside them.
struct AdamwStep {
  std::uint64_t step = 1;  ///< the number of this update, from 1
  double learning_rate = 0;
  double weight_decay = 0;   ///< decoupled
  float gradient_scale = 1;  ///< the gradients are multiplied by it (clipping)
};

/// Elements of the weights and what the optimizer keeps of them, float32. [n] each
struct AdamwState {
  std::span<float> weights;
  std::span<float> first_moment;
  std::span<float> second_moment;
};

/// One step of AdamW as torch.optim.AdamW takes it (Loshchilov & Hutter, arXiv:1711.05101): element
/// by element, so that a slice of the weights is updated to the bits that the whole would have.
/// @returns whether all of the new weights are finite
[[nodiscard]] bool adamw(const AdamwState& state, std::span<const float> gradients,
                         const AdamwRule& rule, const AdamwStep& step);

}  // namespace winnow::training
