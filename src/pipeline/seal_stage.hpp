#pragma once

#include <vector>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/score_stage.hpp"

namespace winnow::pipeline {

/// Collective. Writes scores.h5 from the index, the journals and the imported scores, unless it is
/// there and made from the same; counts the statuses into the summary.
void seal(Context& context, const IndexedData& data, const std::vector<JournalledScorer>& scorers);

}  // namespace winnow::pipeline
