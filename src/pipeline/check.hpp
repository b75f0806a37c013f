#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// What the job would do, from the job and the first rows of the data alone: files, format, models,
/// templates, budgets. Nothing is written. @throws what the run itself would throw for a wrong
/// path, template, model folder or budget.
[[nodiscard]] nlohmann::ordered_json check(const Job& job);

}  // namespace winnow::pipeline
