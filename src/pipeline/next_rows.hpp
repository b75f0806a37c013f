#pragma once

#include <cstddef>

#include "pipeline/step_view.hpp"

namespace winnow::pipeline {

/// The rows that a step would pick next if its budget were larger, in order, at most `most`: those
/// behind the last pick of its order that are not too similar to one before, or of its draw, or
/// its tag cover. Nothing for a middle (a larger one grows at both ends) and where it would take
/// the whole method to tell.
[[nodiscard]] Pool next_rows(const FinishedRun& run, const StepView& view, std::size_t most);

}  // namespace winnow::pipeline
