#pragma once

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// The `evaluate:` section of a job whose run folder and scorers are read.
[[nodiscard]] pipeline::EvaluationJob read_evaluation(YamlSection& section,
                                                      const pipeline::Job& job);

}  // namespace winnow::app
