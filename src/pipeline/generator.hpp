#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/prompt_template.hpp"
#include "model/generation.hpp"
#include "pipeline/job.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::pipeline {

/// Sequences under way together may hold this many times the tokens of a pass.
constexpr std::uint32_t kCachedPasses = 8;

/// What of a model folder writes prompts down and ends answers: the model itself is opened when
/// rows are left to answer.
struct Generator {
  tokenizer::Tokenizer tokenizer;
  std::unique_ptr<data::PromptTemplate> prompt;
  std::vector<std::int32_t> stop_ids;
  std::uint32_t max_length = 0;  ///< of prompt and answer: the job's, or the model's own
};

/// @throws core::ModelError, core::UsageError: no tokenizer, unknown template, max_length above the
/// model's.
[[nodiscard]] Generator open_generator(const ModelScorer& model, const std::string& join);

/// Loads the model. `device` -1: CPU. @throws core::ModelError also if the tokenizer has more
/// tokens than the model's embedding.
[[nodiscard]] std::unique_ptr<model::IncrementalModel> open_incremental_model(
    const ModelScorer& model, const Generator& generator, const model::LoadOptions& load);

}  // namespace winnow::pipeline
