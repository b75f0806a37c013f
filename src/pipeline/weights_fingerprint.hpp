#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// Hash of a model folder's config.json and weights, noted in the manifest's `models` under `name`:
/// files that look as they did when it was noted are not read again. The user's revision is noted
/// beside it. Root only. @throws core::Interrupted if it was asked to stop while it read,
/// core::ModelError naming a file of a folder of winnow's own making that was changed since
[[nodiscard]] std::string weights_fingerprint(const Context& context,
                                              nlohmann::ordered_json& manifest,
                                              const std::string& name, const ModelScorer& scorer);

}  // namespace winnow::pipeline
