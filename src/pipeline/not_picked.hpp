#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/step_view.hpp"

namespace winnow::pipeline {

/// Why a step's method did not pick a row that it could have picked: `reason` (no_share,
/// similar, duplicate, outside_share, budget, covered, beaten, not_drawn, not_chosen:
/// left_out.hpp), `why`, and the numbers in it.
/// Of what the method saw on its way (gains, distances) nothing is stored, and nothing is said.
[[nodiscard]] nlohmann::ordered_json why_not_picked(const FinishedRun& run,
                                                    const FoundSelection& selection,
                                                    const StepView& view, core::RowId row);

}  // namespace winnow::pipeline
