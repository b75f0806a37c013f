#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/model_config.hpp"
#include "training/lora_options.hpp"
#include "training/model_folder_torch.hpp"
#include "training/parameters_torch.hpp"

namespace winnow::training {

/// Writes a folder that PEFT loads, sealed and named as write_model_folder does:
/// adapter_config.json (whose base model is `options.source`), adapter_model.safetensors, and the
/// tokenizer's files.
/// @throws core::EnvironmentError
void write_adapter_folder(const std::filesystem::path& target,
                          const std::vector<NamedTensor>& adapters,
                          const model::DecoderConfig& config, const LoraOptions& lora,
                          const ModelFolderOptions& options, const std::string& made_from);

}  // namespace winnow::training
