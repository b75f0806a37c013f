#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/export_selection.hpp"
#include "pipeline/finetune_job.hpp"

namespace winnow::pipeline {

/// What a configuration is made from.
struct ToolRecipe {
  const FinetuneJob& job;
  std::filesystem::path data;  ///< absolute
  std::filesystem::path model;
  std::filesystem::path output;
  std::string name;  ///< of the data set
  std::uint32_t max_length = 0;
  std::uint64_t warmup_steps = 0;
};

/// A tool's configuration as YAML, comments on what it lacks first. Names are those of
/// LLaMA-Factory 0.9.5, axolotl 0.19.0, TRL 1.16.0.
[[nodiscard]] std::string tool_config(TrainingTool tool, const ToolRecipe& recipe);

}  // namespace winnow::pipeline
