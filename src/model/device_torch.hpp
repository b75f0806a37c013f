#pragma once

#include <c10/core/Device.h>

#include "model/language_model.hpp"

namespace winnow::model {

/// The device that a model is loaded on; the process's products and CPU threads are set up for it.
/// @throws core::EnvironmentError for a CUDA device that there is not
[[nodiscard]] at::Device prepare_device(const LoadOptions& options);

}  // namespace winnow::model
