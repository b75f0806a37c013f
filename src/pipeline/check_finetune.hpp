#pragma once

#include <optional>
#include <string>

#include "pipeline/check_selections.hpp"
#include "pipeline/job.hpp"
#include "pipeline/run.hpp"
#include "training/fine_tuning_mpi.hpp"

namespace winnow::pipeline {

/// What `finetune` trains on what, in a line, and what each of so many ranks on one machine needs
/// for it.
/// @param rows  nothing where the data was not read
/// @throws as open_writing; where the stage trains, core::DataError where the rows that there can
/// be make no batch, and as expect_same_training
[[nodiscard]] std::string check_finetune(const Job& job, Stage stage,
                                         const training::TrainingSize& size,
                                         const std::optional<CheckedRows>& rows);

}  // namespace winnow::pipeline
