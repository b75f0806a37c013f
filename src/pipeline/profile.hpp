#pragma once

#include <nlohmann/json.hpp>

#include "model/pass_times.hpp"
#include "pipeline/block_work.hpp"

namespace winnow::pipeline {

/// Where the seconds of scoring went, by part; the parts' sum is `work.all`.
/// @param has_parts  those of a pass were measured; else there is one part, `passes`
[[nodiscard]] nlohmann::ordered_json profile_seconds(const WorkSeconds& work,
                                                     const model::PassTimes& passes,
                                                     bool has_parts);

}  // namespace winnow::pipeline
