#pragma once

#include <nlohmann/json.hpp>

#include "data/source.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// Collective. Indexes data that a stage has beside the job's, in a folder of its own.
/// @param noted  root's record of the stage in the manifest; its `inputs` hold the files' stamps
/// @throws as index_rows
[[nodiscard]] IndexedData index_own_data(const Context& context, const RunFolder& folder,
                                         const data::SourceOptions& source,
                                         nlohmann::ordered_json& noted);

}  // namespace winnow::pipeline
