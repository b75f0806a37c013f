#pragma once

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// The job's scorers: `model:` with `score:`, or `scorers:`.
/// @param root  the whole job file
/// @throws core::UsageError naming the key for what is wrong
void read_scorers(YamlSection& root, pipeline::Job& job);

}  // namespace winnow::app
