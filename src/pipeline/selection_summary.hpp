#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// The subset of a selection, in the input's own form.
[[nodiscard]] std::filesystem::path subset_path(const Context& context, const IndexedData& data,
                                                const SelectionJob& selection);

/// Root only. What came of a selection, from its files alone, so that a skipped one is summed up
/// like a new one.
[[nodiscard]] nlohmann::ordered_json summarize(const Context& context, const IndexedData& data,
                                               const SelectionJob& selection);

}  // namespace winnow::pipeline
