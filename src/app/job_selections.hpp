#pragma once

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// Reads `select:` or `selections:`; the job's scorers are known. A step that would not find what
/// it needs after all scoring is done is an error here.
void read_selections(YamlSection& root, pipeline::Job& job);

}  // namespace winnow::app
