#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/linear_modules.hpp"
#include "training/lora_options.hpp"

namespace winnow::training {

/// The modules of each layer that have an adapter.
/// @throws core::UsageError naming a target that is none of the family's, with those that are
[[nodiscard]] std::vector<model::LinearModule> adapted_modules(const model::DecoderConfig& config,
                                                               const LoraOptions& lora);

/// The targets by name, each once.
[[nodiscard]] std::vector<std::string> target_names(const model::DecoderConfig& config,
                                                    const LoraOptions& lora);

/// Elements of all adapters.
[[nodiscard]] std::uint64_t adapter_elements(const model::DecoderConfig& config,
                                             const LoraOptions& lora);

}  // namespace winnow::training
