#include "model/products_torch.hpp"

#include <stdlib.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>

#include "core/error.hpp"
#include "model/float_product_torch.hpp"

namespace winnow::model {
namespace {

bool has_fast_bf16_product() {
#if defined(__x86_64__)
  constexpr unsigned kAmxBf16 = 1U << 22;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool has_amx =
      __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & kAmxBf16) != 0;
  return has_amx || (__builtin_cpu_is("amd") && __builtin_cpu_supports("avx512bf16"));
#else
  return true;
#endif
}

}  // namespace

void request_reproducible_products() {
#if defined(__x86_64__)
  if (__builtin_cpu_is("intel") && __builtin_cpu_supports("avx2"))
    ::setenv("MKL_CBWR", __builtin_cpu_supports("avx512f") ? "AVX512,STRICT" : "AVX2,STRICT",
             /*overwrite=*/0);
#endif
}

Arithmetic arithmetic_of(Precision precision, const at::Device& device) {
  if (precision == Precision::fp32) return Arithmetic::fp32;
  return !device.is_cpu() || has_fast_bf16_product() ? Arithmetic::bf16 : Arithmetic::bf16_widened;
}

at::Tensor Products::widened(std::int64_t rows, std::int64_t columns,
                             const at::TensorOptions& options) {
  if (!widened_.defined() || widened_.numel() < rows * columns)
    widened_ = at::empty({rows * columns}, options.dtype(at::kFloat));
  return widened_.narrow(0, 0, rows * columns).view({rows, columns});
}

at::Tensor Products::operand(const at::Tensor& weight) {
  if (arithmetic_ != Arithmetic::bf16_widened || weight.scalar_type() == at::kFloat) return weight;
  const auto timer = clock_.time(&PassTimes::widening);
  return widened(weight.size(0), weight.size(1), weight.options()).copy_(weight);
}

at::Tensor Products::operand(const Linear& linear) {
  const at::Tensor& first = linear.parts.front();
  if (linear.parts.size() == 1) return operand(first);
  core::check(joins_parts(arithmetic_), "weights in one matrix");
  const auto timer = clock_.time(&PassTimes::widening);
  std::int64_t rows = 0;
  for (const at::Tensor& part : linear.parts) rows += part.size(0);
  const at::Tensor all = widened(rows, first.size(1), first.options());
  std::int64_t row = 0;
  for (const at::Tensor& part : linear.parts) {
    all.narrow(0, row, part.size(0)).copy_(part);
    row += part.size(0);
  }
  return all;
}

void Products::multiply_operand(at::Tensor out, const at::Tensor& x, const at::Tensor& operand) {
  const auto timer = clock_.time(&PassTimes::products);
  if (arithmetic_ == Arithmetic::bf16)
    out.copy_(at::linear(x.to(at::kBFloat16), operand));
  else
    float_product_into(out, x, operand);
}

void Products::multiply(at::Tensor out, const at::Tensor& x, const Linear& linear) {
  multiply_operand(out, x, operand(linear));
  if (linear.bias.defined()) out.add_(linear.bias);
}

void Products::multiply_add(at::Tensor out, const at::Tensor& x, const Linear& linear) {
  const at::Tensor weight = operand(linear);
  {
    const auto timer = clock_.time(&PassTimes::products);
    if (arithmetic_ == Arithmetic::bf16)
      out.add_(at::linear(x.to(at::kBFloat16), weight));
    else
      add_float_product(out, x, weight);
  }
  if (linear.bias.defined()) out.add_(linear.bias);
}

}  // namespace winnow::model
