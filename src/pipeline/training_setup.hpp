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
/// @throws core::UsageError naming the key that differs; core::ModelError, core::UsageError as
/// open_prompt and max_length_of
[[nodiscard]] TrainingSetup set_up_training(Context& context, nlohmann::ordered_json& manifest,
                                            const IndexedData& data,
                                            std::span<const core::RowId> rows,
                                            const nlohmann::ordered_json& more);

}  // namespace winnow::pipeline
