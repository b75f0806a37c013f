#pragma once

#include <string>

#include "model/language_model.hpp"
#include "pipeline/context.hpp"
#include "pipeline/scorer_binding.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::pipeline {

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
