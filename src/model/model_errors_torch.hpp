#pragma once

#include <string>

#include <c10/core/Device.h>

namespace winnow::model {

/// Throws the current exception as one of winnow's.
[[noreturn]] void rethrow_as_error(const std::string& folder, const at::Device& device);

/// Calls `call`, a step of loading or running a model.
/// @param folder  the model's
/// @throws core::EnvironmentError naming model and device where memory runs out;
/// core::InternalError for what else libtorch throws; whatever else `call` throws
template <typename Call>
decltype(auto) with_model_errors(const std::string& folder, const at::Device& device, Call call) {
  try {
    return call();
  } catch (...) {
    rethrow_as_error(folder, device);
  }
}

}  // namespace winnow::model
