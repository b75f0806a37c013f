#pragma once

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// Collective. Makes every selection of the job from scores.h5: selection/<name>.h5 and the subset
/// beside it. A selection that is there and was made from the same scores with the same parameters
/// is left as it is.
void select_rows(Context& context, const IndexedData& data);

}  // namespace winnow::pipeline
