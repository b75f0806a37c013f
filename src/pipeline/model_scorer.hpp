#pragma once

#include <memory>
#include <string>

#include "data/prompt_template.hpp"
#include "model/language_model.hpp"
#include "pipeline/job.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::pipeline {

/// A model folder opened for scoring: tokenizer and template, and the model itself once it is
/// needed.
struct OpenScorer {
  tokenizer::Tokenizer tokenizer;
  std::unique_ptr<data::PromptTemplate> prompt;
  std::string system;
};

/// @throws core::ModelError, core::UsageError: no tokenizer, unknown template.
[[nodiscard]] OpenScorer open_scorer(const ModelScorer& scorer, const std::string& join);

/// Loads the model and checks it against the tokenizer and the job: a vocabulary larger than the
/// embedding, a max_length above the model's. `device` -1: CPU.
[[nodiscard]] std::unique_ptr<model::CausalLanguageModel> open_model(const ModelScorer& scorer,
                                                                     const OpenScorer& opened,
                                                                     int device, int threads);

/// The job's max_length, or the model's own. @throws core::UsageError above the model's.
[[nodiscard]] std::uint32_t effective_max_length(const ModelScorer& scorer,
                                                 std::uint32_t model_positions);

}  // namespace winnow::pipeline
