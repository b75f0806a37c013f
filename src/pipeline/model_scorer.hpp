#pragma once

#include <memory>
#include <string>

#include "data/prompt_template.hpp"
#include "model/language_model.hpp"
#include "pipeline/job.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::pipeline {

/// What of a model folder prepares rows: the model itself is opened when rows are left to score.
struct OpenScorer {
  tokenizer::Tokenizer tokenizer;
  std::unique_ptr<data::PromptTemplate> prompt;
};

/// @throws core::ModelError, core::UsageError: no tokenizer, unknown template.
[[nodiscard]] OpenScorer open_scorer(const ModelScorer& scorer, const std::string& join);

/// Loads the model. `device` -1: CPU. @throws core::ModelError also if the tokenizer has more
/// tokens than the model's embedding.
[[nodiscard]] std::unique_ptr<model::CausalLanguageModel> open_model(const ModelScorer& scorer,
                                                                     const OpenScorer& opened,
                                                                     int device, int threads);

/// The job's max_length, or the model's own. @throws core::UsageError above the model's.
[[nodiscard]] std::uint32_t effective_max_length(const ModelScorer& scorer,
                                                 std::uint32_t model_positions);

}  // namespace winnow::pipeline
