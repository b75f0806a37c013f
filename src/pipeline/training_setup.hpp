#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/partition.hpp"
#include "data/prompt_template.hpp"
#include "pipeline/checkpoints.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/scorer_binding.hpp"
#include "tokenizer/tokenizer.hpp"
#include "training/row_text.hpp"

namespace winnow::pipeline {

/// What of the model's folder writes rows down.
struct Writing {
  tokenizer::Tokenizer tokenizer;
  std::unique_ptr<data::PromptTemplate> prompt;
  training::RowTextOptions options;
};

/// @throws core::ModelError, core::UsageError as open_prompt, max_length_of and
/// training::adapted_modules, and where answers cannot end as the job says
[[nodiscard]] Writing open_writing(const Job& job);

/// One process. That the run folder's training, where one was begun, was begun with the settings
/// that the job alone decides.
/// @throws as bound_before
void expect_same_training(const Job& job, const Writing& writing);

/// The job's training, bound to its folder.
struct TrainingSetup {
  Writing writing;
  Checkpoints checkpoints;
  ScorerBinding binding;  ///< in force
  std::string key;        ///< hash of it
};

/// Collective. Opens what writes rows down, and compares the job's settings with those that the
/// folder's training was begun with, or records them.
/// @param rows  that are learnt first, equal on all ranks
/// @param more  settings beside those of `finetune`, by name
/// @throws core::UsageError naming the key that differs; as open_writing
[[nodiscard]] TrainingSetup set_up_training(Context& context, nlohmann::ordered_json& manifest,
                                            const IndexedData& data,
                                            std::span<const core::RowId> rows,
                                            const nlohmann::ordered_json& more);

}  // namespace winnow::pipeline
