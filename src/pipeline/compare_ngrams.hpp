#pragma once

#include <cstdint>

#include "pipeline/compare_inputs.hpp"

namespace winnow::pipeline {

/// Distinct word n-grams, n = 1, 2, 3, of the answers in the subset file beside a selection's.
/// Takes memory in proportion to them.
[[nodiscard]] std::uint64_t unique_ngrams(const RunFolder& run, const ComparedSelection& selection);

}  // namespace winnow::pipeline
