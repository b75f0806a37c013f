#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/language_model.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/model_scorer.hpp"
#include "pipeline/scorer_binding.hpp"

namespace winnow::pipeline {

/// A scorer whose every block stands in the journal.
struct JournalledScorer {
  std::string name;
  ScorerBinding binding;
  std::vector<std::string> scores;  ///< one name for each status that its scores have
};

/// A model in training, in place of the scorer's folder.
struct LiveModel {
  std::string fingerprint;  ///< of its weights
  /// Collective; asked for where rows are left to score. @throws core::ModelError on all ranks
  /// where there is no such model
  std::function<std::shared_ptr<model::CausalLanguageModel>()> open;
};

/// A model that scores the rows of some data, and under which names.
struct ScoringTask {
  std::string stage;  ///< of progress and log: `score`
  std::string name;   ///< of the journal, and in manifest and summary: `gpt2`
  std::string title;  ///< for messages: `scorer 'gpt2'`
  const ModelScorer& model;
  const OpenScorer& opened;         ///< how rows are prepared for it
  const LiveModel* live = nullptr;  ///< nullptr: the model's folder is loaded
};

/// Collective. Scores every block of rows that the journal of the task's name in the context's
/// folder does not hold yet (block_work.hpp); summary.scorers.<name> then tells how.
/// @throws core::Interrupted if a rank was asked to stop; what is journalled stays.
/// @param manifest  root's; its `models` hold the files' stamps, so that unchanged weights are not
/// hashed again
/// @param data  what the index in the context's folder is of
[[nodiscard]] JournalledScorer score_rows(Context& context, nlohmann::ordered_json& manifest,
                                          const IndexedData& data, const ScoringTask& task);

/// Collective. The same with the model of a scorer of the job.
[[nodiscard]] JournalledScorer score_with_model(Context& context, nlohmann::ordered_json& manifest,
                                                const IndexedData& data, const Scorer& scorer,
                                                const LiveModel* live = nullptr);

}  // namespace winnow::pipeline
