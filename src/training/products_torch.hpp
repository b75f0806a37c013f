#pragma once

#include <ATen/core/Tensor.h>

#include "model/row_kernels.hpp"

namespace winnow::training {

/// `x` as an operand of a product with `weight`: in its type, rounded where that is asked for.
[[nodiscard]] at::Tensor as_operand(const at::Tensor& x, const at::Tensor& weight,
                                    model::Rounding rounding);
/// x w^T in float32; both of one type.
[[nodiscard]] at::Tensor product_of(const at::Tensor& x, const at::Tensor& w);
/// out = x w^T; `out` is float32.
void product_into(at::Tensor out, const at::Tensor& x, const at::Tensor& w);
/// sum += x w^T; `sum` is float32.
void add_product(at::Tensor sum, const at::Tensor& x, const at::Tensor& w);

}  // namespace winnow::training
