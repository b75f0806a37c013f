#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::training {

/// Low-rank adapters in place of the weights: y = x W^T + alpha / rank (x A^T) B^T, where A [rank,
/// in] and B [out, rank] alone are trained. Source: LoRA, arXiv:2106.09685; PEFT's rules.
struct LoraOptions {
  std::uint32_t rank = 8;
  double alpha = 16;
  /// The modules that have one, by their names' last parts: `q_proj`, `mlp.c_proj`. Empty: all
  /// products of the layers.
  std::vector<std::string> targets;
  [[nodiscard]] double scale() const { return alpha / rank; }
};

}  // namespace winnow::training
