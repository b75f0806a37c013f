#pragma once

#include <cstdint>

#include "pipeline/candidates.hpp"

namespace winnow::pipeline {

/// Collective. Refuses a step that would need more memory per rank than `memory:` of the job
/// allows, before it begins. What is needed is estimated from the rows, their words, the vectors'
/// width and what the algorithms keep (selection/); data of the picks included.
/// @returns the bytes of `memory:` that are left on each rank; the largest number without a limit
/// @throws core::UsageError with both figures
[[nodiscard]] std::uint64_t check_memory(const Context& context, const IndexedData& data,
                                         const SelectionStep& step, const Candidates& candidates,
                                         std::uint64_t amount);

}  // namespace winnow::pipeline
