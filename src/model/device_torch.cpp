#include "model/device_torch.hpp"

#include <cstdlib>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <torch/headeronly/version.h>

#include "core/error.hpp"
#include "model/float_product_torch.hpp"
#include "model/products_torch.hpp"

namespace winnow::model {

at::Device prepare_device(const LoadOptions& options) {
  request_reproducible_products();
  if (options.device < 0) {
    at::set_num_threads(options.threads);
    return at::kCPU;
  }
  const int found = cuda_device_count();
  if (options.device >= found)
    throw core::EnvironmentError(
        fmt::format("CUDA device {} asked for, this process can use {}", options.device, found));
  // Sums over a product's inner dimension in float32 throughout.
  at::globalContext().setAllowBF16ReductionCuBLAS(false);
  return {at::kCUDA, static_cast<at::DeviceIndex>(options.device)};
}

int cuda_device_count() {
  return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
}

std::string library_description() {
  request_reproducible_products();
  const bool is_widened = arithmetic_of(Precision::bf16, at::kCPU) == Arithmetic::bf16_widened;
  const char* mode = std::getenv("MKL_CBWR");
  return fmt::format("libtorch {}; CPU {}; {}; bf16 products on the CPU {}", TORCH_VERSION,
                     at::get_cpu_capability(),
                     uses_onednn_product()
                         ? std::string("fp32 products on the CPU by oneDNN")
                         : fmt::format("MKL_CBWR {}", mode == nullptr ? "default" : mode),
                     is_widened ? "widened to fp32" : "native");
}

}  // namespace winnow::model
