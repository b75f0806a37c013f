#include "training/adapter_folder_torch.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "training/lora_targets.hpp"
#include "training/model_files.hpp"
#include "training/pending_folder.hpp"
#include "training/sealed_folder.hpp"
#include "training/tensor_file_torch.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json number(double value) {
  if (value == std::floor(value) && value < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

Json adapter_config(const model::DecoderConfig& config, const LoraOptions& lora,
                    const fs::path& base) {
  return {{"peft_type", "LORA"},
          {"task_type", "CAUSAL_LM"},
          {"base_model_name_or_path", base.string()},
          {"r", lora.rank},
          {"lora_alpha", number(lora.alpha)},
          {"lora_dropout", 0.0},
          {"target_modules", target_names(config, lora)},
          {"fan_in_fan_out", config.tensors.are_matrices_transposed},
          {"bias", "none"},
          {"use_rslora", false},
          {"use_dora", false},
          {"init_lora_weights", true},
          {"modules_to_save", nullptr},
          {"inference_mode", true}};
}

}  // namespace

void write_adapter_folder(const fs::path& target, const std::vector<NamedTensor>& adapters,
                          const model::DecoderConfig& config, const LoraOptions& lora,
                          const ModelFolderOptions& options, const std::string& made_from) {
  PendingFolder pending(target);
  core::write_file(pending.path() / "adapter_config.json",
                   adapter_config(config, lora, options.source).dump(2) + "\n");
  copy_text_files(options.source, pending.path());
  std::vector<const NamedTensor*> tensors;
  for (const NamedTensor& adapter : adapters) tensors.push_back(&adapter);
  write_tensor_file(pending.path() / "adapter_model.safetensors", tensors, options.is_bf16);
  seal_folder(pending.path(), made_from);
  pending.publish();
}

}  // namespace winnow::training
