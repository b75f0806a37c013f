#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/finished_run.hpp"

namespace winnow::pipeline {

/// Programs that fine-tune, for which a selection is written down.
enum class TrainingTool { llama_factory, axolotl, trl };

/// Writes the rows that the job's `finetune` would learn, in its order, as the tool reads them, and
/// the job's hyper-parameters under the tool's names. What has no counterpart stands in comments at
/// the head of the configuration.
/// @param folder  made where it is missing
/// @returns `rows`, `data`, `config` and `command`, which starts the tool
/// @throws core::UsageError where the job has no finetune or the selection is not made yet
[[nodiscard]] nlohmann::ordered_json export_selection(const FinishedRun& run, TrainingTool tool,
                                                      const std::filesystem::path& folder);

}  // namespace winnow::pipeline
