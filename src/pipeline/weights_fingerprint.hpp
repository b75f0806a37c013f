#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// Hash of a model folder's config.json and weights, noted in the manifest's `models` under `name`:
/// files that look as they did when it was noted are not read again. The user's revision is noted
/// beside it.
[[nodiscard]] std::string weights_fingerprint(nlohmann::ordered_json& manifest,
                                              const std::string& name,
                                              const ModelScorer& scorer);

}  // namespace winnow::pipeline
