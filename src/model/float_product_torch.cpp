#include "model/float_product_torch.hpp"

#include <optional>
#include <string>

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/mm.h>

namespace winnow::model {
namespace {

/// Where oneDNN's float32 product is the faster one; nothing elsewhere.
std::optional<c10::OperatorHandle> find_onednn_product() {
#if defined(__x86_64__)
  if (__builtin_cpu_is("amd") && __builtin_cpu_supports("avx512f"))
    return c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
#endif
  return std::nullopt;
}

const std::optional<c10::OperatorHandle>& onednn_product() {
  static const std::optional<c10::OperatorHandle> found = find_onednn_product();
  return found;
}

bool is_for_onednn(const at::Tensor& x) { return x.is_cpu() && onednn_product() && x.numel() > 0; }

at::Tensor by_onednn(const at::Tensor& x, const at::Tensor& w) {
  const at::AutoDispatchBelowADInplaceOrView without_gradients;
  torch::jit::Stack stack;
  stack.emplace_back(x);
  stack.emplace_back(w);
  stack.emplace_back();                                        // No bias,
  stack.emplace_back(std::string("none"));                     // nothing behind the product,
  stack.emplace_back(c10::List<std::optional<at::Scalar>>());  // nor its factors
  stack.emplace_back(std::string());                           // and form.
  onednn_product()->callBoxed(stack);
  return stack.front().toTensor();
}

}  // namespace

bool uses_onednn_product() { return onednn_product().has_value(); }

at::Tensor float_product(const at::Tensor& x, const at::Tensor& w) {
  return is_for_onednn(x) ? by_onednn(x, w) : at::mm(x, w.t());
}

void float_product_into(at::Tensor out, const at::Tensor& x, const at::Tensor& w) {
  if (is_for_onednn(x))
    out.copy_(by_onednn(x, w));
  else
    at::mm_out(out, x, w.t());
}

void add_float_product(at::Tensor out, const at::Tensor& x, const at::Tensor& w) {
  if (is_for_onednn(x))
    out.add_(by_onednn(x, w));
  else
    out.addmm_(x, w.t());
}

}  // namespace winnow::model
