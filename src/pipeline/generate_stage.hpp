#pragma once

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// Collective. Answers every row of the job's generation that its journal does not hold yet: ranks
/// claim blocks of rows, and append each block's replies to their own journal segment before they
/// claim the next. Then root writes replies/<name>.jsonl whole, in the order of rows.
/// @param job_data  the indexed data of the job, for a generation without data of its own
/// @throws core::Interrupted if a rank was asked to stop; what is journalled stays.
void generate_replies(Context& context, nlohmann::ordered_json& manifest,
                      const std::optional<IndexedData>& job_data);

}  // namespace winnow::pipeline
