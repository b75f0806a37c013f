#include "training/products_torch.hpp"

#include <ATen/ops/mm.h>

#include "model/float_product_torch.hpp"

namespace winnow::training {

at::Tensor as_operand(const at::Tensor& x, const at::Tensor& weight, model::Rounding rounding) {
  if (x.scalar_type() != weight.scalar_type()) return x.to(weight.scalar_type());
  return rounding == model::Rounding::bf16 ? x.to(at::kBFloat16).to(at::kFloat) : x;
}

at::Tensor product_of(const at::Tensor& x, const at::Tensor& w) {
  if (x.scalar_type() == at::kFloat) return model::float_product(x, w);
  return at::mm(x, w.t()).to(at::kFloat);
}

void product_into(at::Tensor out, const at::Tensor& x, const at::Tensor& w) {
  if (x.scalar_type() == at::kFloat)
    model::float_product_into(out, x, w);
  else
    out.copy_(at::mm(x, w.t()));
}

void add_product(at::Tensor sum, const at::Tensor& x, const at::Tensor& w) {
  if (x.scalar_type() == at::kFloat)
    model::add_float_product(sum, x, w);
  else
    sum.add_(at::mm(x, w.t()));
}

}  // namespace winnow::training
