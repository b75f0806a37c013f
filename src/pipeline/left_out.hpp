#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/step_view.hpp"

namespace winnow::pipeline {

/// Why a row that came into a step of a current selection did not stay: the first that holds of
///
///   undefined      what the step goes by has no value in the row
///   condition      a filter does not hold, or the method does not take rows with such a number
///   no_share       its stratum gets none of the budget
///   similar        it is too similar to a pick before it
///   duplicate      a row that was kept before it has nearly the same n-grams
///   outside_share  its number is not in the share that the method looks at
///   budget         it is next, but too long for what is left of a budget in tokens
///   covered        the picks before it have all its tags
///   beaten         the picks have better numbers
///   not_drawn      chance
///   not_chosen     the method's own way; nothing is stored of what it saw in the row
///
/// @param number  of the step in its chain
/// @returns `step` from 1, `method`, `reason`, `why` (a sentence) and the numbers in it
[[nodiscard]] nlohmann::ordered_json why_left_out(const FinishedRun& run,
                                                  const FoundSelection& selection,
                                                  const StepView& view, std::size_t number,
                                                  core::RowId row);

}  // namespace winnow::pipeline
