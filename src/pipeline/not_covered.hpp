#pragma once

#include <cstddef>

#include <nlohmann/json.hpp>

#include "pipeline/step_view.hpp"
#include "selection/selection.hpp"

namespace winnow::pipeline {

/// The tag cover of a step's candidates again, to its first `rows` picks.
[[nodiscard]] selection::Selection cover_again(const FinishedRun& run, const StepView& view,
                                               std::size_t rows);

/// Why the tag cover did not pick a row: `covered`, with the picks that have its tags, or `beaten`,
/// with the last pick, where its turn did not come.
///
/// @returns `reason`, `number` (the name of what orders the rows), `score`, `round` from 1, `tags`
/// (each with the `row` of the round's picks before it that has it, or null), `why`
[[nodiscard]] nlohmann::ordered_json why_not_covered(const FinishedRun& run, const StepView& view,
                                                     core::RowId row);

}  // namespace winnow::pipeline
