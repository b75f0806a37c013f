#include "model/products_torch.hpp"

#include <stdlib.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>

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

at::Tensor Products::operand(const at::Tensor& weight) {
  if (arithmetic_ != Arithmetic::bf16_widened || weight.scalar_type() == at::kFloat) return weight;
  if (!widened_.defined() || widened_.numel() < weight.numel())
    widened_ = at::empty({weight.numel()}, weight.options().dtype(at::kFloat));
  return widened_.narrow(0, 0, weight.numel()).view(weight.sizes()).copy_(weight);
}

void Products::multiply_operand(at::Tensor out, const at::Tensor& x,
                                const at::Tensor& operand) const {
  if (arithmetic_ == Arithmetic::bf16)
    out.copy_(at::linear(x.to(at::kBFloat16), operand));
  else
    at::mm_out(out, x, operand.t());
}

void Products::multiply_add(at::Tensor out, const at::Tensor& x, const at::Tensor& weight) {
  if (arithmetic_ == Arithmetic::bf16)
    out.add_(at::linear(x.to(at::kBFloat16), weight));
  else
    out.addmm_(x, operand(weight).t());
}

}  // namespace winnow::model
