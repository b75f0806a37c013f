#pragma once

#include <span>
#include <vector>

#include "training/training_options.hpp"
#include "training/training_row.hpp"

namespace winnow::training {

/// Consecutive rows that go through the model together, as TrainingOptions::micro_batch_rows and
/// micro_batch_tokens say.
[[nodiscard]] std::vector<std::span<const TrainingRow* const>> micro_batches(
    std::span<const TrainingRow* const> rows, const TrainingOptions& options);

}  // namespace winnow::training
