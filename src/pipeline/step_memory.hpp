#pragma once

#include <cstdint>

#include "pipeline/candidates.hpp"

namespace winnow::pipeline {

/// Collective. Refuses a step that would need more memory per rank than `memory:` of the job
/// allows, before it begins. What is needed is estimated from the rows, their words, the vectors'
/// width and the headers of the algorithms (selection/); data of the picks included.
/// @throws core::UsageError with both figures
void check_memory(const Context& context, const IndexedData& data, const SelectionStep& step,
                  const Candidates& candidates, std::uint64_t amount);

}  // namespace winnow::pipeline
