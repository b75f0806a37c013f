#pragma once

#include <filesystem>

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// The job's scorers: `model:` with `score:`, or `scorers:`.
/// @param root    the whole job file, relative to `folder`
/// @throws core::UsageError naming the key for what is wrong
void read_scorers(YamlSection& root, pipeline::Job& job, const std::filesystem::path& folder);

}  // namespace winnow::app
