#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// What the job would do: data files, models, templates, selections. The data itself is not read
/// and nothing is written. @throws what the run itself would throw for a wrong path, template or
/// model folder.
[[nodiscard]] nlohmann::ordered_json check(const Job& job);

}  // namespace winnow::pipeline
