#include "training/lora_targets.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"

namespace winnow::training {
namespace {

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

/// PEFT's rule: the whole name, or what stands behind one of its dots.
bool is_meant(std::string_view name, std::string_view target) {
  return name == target || (name.ends_with(target) && name.size() > target.size() &&
                            name[name.size() - target.size() - 1] == '.');
}

std::vector<std::string> names_of(const model::DecoderConfig& config) {
  std::vector<std::string> names;
  for (const model::LinearModule& module : model::linear_modules(config)) {
    const std::string name(last_part(module.name));
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace

std::vector<model::LinearModule> adapted_modules(const model::DecoderConfig& config,
                                                 const LoraOptions& lora) {
  const std::vector<model::LinearModule> all = model::linear_modules(config);
  if (lora.targets.empty()) return all;
  std::vector<model::LinearModule> modules;
  for (const std::string& target : lora.targets)
    if (std::ranges::none_of(all, [&](const auto& each) { return is_meant(each.name, target); }))
      throw core::UsageError(fmt::format(
          "finetune.lora.targets: `{}` is no linear module of {}: expected some of {}, or "
          "all-linear",
          target, config.architecture, fmt::join(names_of(config), ", ")));
  for (const model::LinearModule& module : all)
    if (std::ranges::any_of(lora.targets,
                            [&](const auto& target) { return is_meant(module.name, target); }))
      modules.push_back(module);
  return modules;
}

std::vector<std::string> target_names(const model::DecoderConfig& config, const LoraOptions& lora) {
  return lora.targets.empty() ? names_of(config) : lora.targets;
}

std::uint64_t adapter_elements(const model::DecoderConfig& config, const LoraOptions& lora) {
  std::uint64_t of_layer = 0;
  for (const model::LinearModule& module : adapted_modules(config, lora))
    of_layer += lora.rank * static_cast<std::uint64_t>(module.inputs + module.outputs);
  return of_layer * config.layers.size();
}

}  // namespace winnow::training
