#pragma once

#include <filesystem>

#include "pipeline/job.hpp"
#include "pipeline/model_scorer.hpp"

namespace winnow::pipeline {

/// The model folder that the job's fine-tuning leaves.
[[nodiscard]] std::filesystem::path final_checkpoint(const Job& job);

/// The base's settings with another model's weights.
[[nodiscard]] ModelScorer settings_of(const EvaluationJob& job, const TunedModel& tuned);

/// The job with its evaluation's data in the place of its own.
/// It must have some.
[[nodiscard]] Job held_out_job(const Job& job);

/// How rows are prepared for every model of the job's evaluation: by the base's folder.
/// @throws as open_scorer
[[nodiscard]] OpenScorer open_base(const Job& job);

/// @throws core::ModelError if there is no such folder
void expect_folder(const TunedModel& tuned);

/// Sees to it that the model's losses can stand beside the base's.
/// @throws core::ModelError if there is no such folder, or it holds no causal model;
/// core::UsageError for another tokenizer than the base's, or positions for fewer tokens
void expect_comparable(const EvaluationJob& job, const TunedModel& tuned, const OpenScorer& base);

}  // namespace winnow::pipeline
