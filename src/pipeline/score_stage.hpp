#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/language_model.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/scorer_binding.hpp"

namespace winnow::pipeline {

/// A scorer whose every block stands in the journal.
struct JournalledScorer {
  std::string name;
  ScorerBinding binding;
  std::vector<std::string> scores;  ///< one name for each status that its scores have
};

/// A model that is in memory, in place of the scorer's folder.
struct LiveModel {
  std::string fingerprint;  ///< of its weights
  /// Asked for where rows are left to score. @throws core::ModelError where there is no such model
  std::function<std::shared_ptr<model::CausalLanguageModel>()> open;
};

/// Collective. Scores every block of rows that the journal does not hold yet (block_work.hpp).
/// @throws core::Interrupted if a rank was asked to stop; what is journalled stays.
/// @param live  nullptr: the scorer's folder is loaded
/// @param manifest  root's; its `models` hold the files' stamps, so that unchanged weights are not
/// hashed again
[[nodiscard]] JournalledScorer score_with_model(Context& context, nlohmann::ordered_json& manifest,
                                                const IndexedData& data, const Scorer& scorer,
                                                const LiveModel* live = nullptr);

}  // namespace winnow::pipeline
