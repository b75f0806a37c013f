#include "model/model_errors_torch.hpp"

#include <new>
#include <string_view>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

/// Neither cuBLAS nor the CPU's allocator has an exception of its own for it.
bool says(const c10::Error& error, std::string_view words) {
  return std::string_view(error.what_without_backtrace()).find(words) != std::string_view::npos;
}

[[noreturn]] void throw_out_of_memory(const std::string& folder, const at::Device& device,
                                      std::string_view reason) {
  throw core::EnvironmentError(fmt::format(
      "{}: the memory of {} does not suffice: {}; expected fewer ranks on it, shorter texts or "
      "dtype: bf16",
      folder, device.is_cpu() ? "this machine" : device.str(), core::one_line(reason)));
}

}  // namespace

void rethrow_as_error(const std::string& folder, const at::Device& device) {
  try {
    throw;
  } catch (const c10::Error& error) {
    if (says(error, "can't allocate memory"))
      throw_out_of_memory(folder, at::kCPU, error.what_without_backtrace());
    if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
        says(error, "CUBLAS_STATUS_ALLOC_FAILED"))
      throw_out_of_memory(folder, device, error.what_without_backtrace());
    throw core::InternalError(fmt::format("{}: libtorch on {}: {}", folder, device.str(),
                                          core::one_line(error.what_without_backtrace())));
  } catch (const std::bad_alloc& error) {
    throw_out_of_memory(folder, at::kCPU, error.what());
  }
}

}  // namespace winnow::model
