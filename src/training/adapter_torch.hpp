#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>

#include "model/linear_modules.hpp"

namespace winnow::training {

/// What LoRA adds to some outputs of a product: scale (x A^T) B^T.
struct Adapter {
  model::LinearModule module;
  double scale = 1;
  at::Tensor a;           ///< [rank, inputs]
  at::Tensor b;           ///< [outputs, rank], outputs in the product's order
  at::Tensor a_gradient;  ///< is added to
  at::Tensor b_gradient;

  /// scale B A [outputs, inputs]: what merging adds to the weights.
  [[nodiscard]] at::Tensor product() const { return at::mm(b, a).mul_(scale); }
};

/// Of one layer; empty where all is trained.
struct LayerAdapters {
  std::array<std::vector<Adapter>, model::kLayerProducts> products;
  [[nodiscard]] const std::vector<Adapter>& of(model::LayerProduct product) const {
    return products[static_cast<std::size_t>(product)];
  }
};

}  // namespace winnow::training
