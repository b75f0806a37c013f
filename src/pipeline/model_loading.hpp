#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "data/prompt_template.hpp"
#include "model/language_model.hpp"
#include "pipeline/context.hpp"
#include "pipeline/scorer_binding.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::pipeline {

/// The job's max_length, or the model's own. @throws core::UsageError above the model's.
[[nodiscard]] std::uint32_t max_length_of(const ModelScorer& scorer, std::uint32_t model_positions);

/// The template that the job names, or the folder's own. @throws core::ModelError, core::UsageError
/// for one that winnow does not know.
[[nodiscard]] std::unique_ptr<data::PromptTemplate> open_prompt(
    const ModelScorer& scorer, const tokenizer::Tokenizer& tokenizer, const std::string& join);

/// Collective. How this rank loads a model that is bound to a device, threads and dtype; the
/// weights are staged, and fit into the memory that is free.
/// @param what  the work, for messages: `score gpt2`
/// @throws core::EnvironmentError on all ranks where one lacks the CUDA device or cannot stage the
/// weights or has no memory for them
[[nodiscard]] model::LoadOptions load_options(const Context& context, const ModelScorer& scorer,
                                              const ScorerBinding& binding, model::ModelUse use,
                                              const std::string& what);

/// @throws core::ModelError if the tokenizer has more tokens than the model's embedding.
void require_embeddings_for_all_tokens(const std::filesystem::path& folder,
                                       const tokenizer::Tokenizer& tokenizer,
                                       const model::ModelInfo& info);

}  // namespace winnow::pipeline
