#pragma once

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// The `study:` section of a job whose selections are read.
[[nodiscard]] pipeline::StudyJob read_study(YamlSection& section, const pipeline::Job& job);

/// Sees to it that every cell of the job's study can be trained and evaluated.
/// @throws core::UsageError naming the key
void check_cells(YamlSection& root, const pipeline::Job& job);

}  // namespace winnow::app
