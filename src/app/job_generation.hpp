#pragma once

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// The `generate:` section of a job whose scorers are read.
[[nodiscard]] pipeline::GenerationJob read_generation(YamlSection& section,
                                                      const pipeline::Job& job);

}  // namespace winnow::app
