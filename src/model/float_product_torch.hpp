#pragma once

#include <ATen/core/Tensor.h>

namespace winnow::model {

/// Products of float32 matrices x [rows, in] and w [out, in]. libtorch's own is MKL's, which uses
/// only half of the width of an AMD processor with AVX-512 (98 against oneDNN's 220 GFLOP/s on one
/// core of a Zen 5): there they are oneDNN's, by the operator that libtorch registers for its
/// compiler. oneDNN gave the same bits on 1 to 8 threads for all shapes that were tried; MKL needs
/// kFewestRows for that.

/// Whether products on the CPU are oneDNN's.
[[nodiscard]] bool uses_onednn_product();

/// x w^T
[[nodiscard]] at::Tensor float_product(const at::Tensor& x, const at::Tensor& w);
/// out = x w^T
void float_product_into(at::Tensor out, const at::Tensor& x, const at::Tensor& w);
/// out += x w^T
void add_float_product(at::Tensor out, const at::Tensor& x, const at::Tensor& w);

}  // namespace winnow::model
