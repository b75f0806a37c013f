#pragma once

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// Reads `finetune:`; the job's scorers and selections are known.
/// @throws core::UsageError naming the key for what is wrong
[[nodiscard]] pipeline::FinetuneJob read_finetune(YamlSection& section, const pipeline::Job& job);

}  // namespace winnow::app
