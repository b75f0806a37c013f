#pragma once

#include <string>
#include <vector>

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

/// Collective. Scores every block of rows that the journal does not hold yet (block_work.hpp).
/// @throws core::Interrupted if a rank was asked to stop; what is journalled stays.
/// @param manifest  root's; its `models` hold the files' stamps, so that unchanged weights are not
/// hashed again
[[nodiscard]] JournalledScorer score_with_model(Context& context, nlohmann::ordered_json& manifest,
                                                const IndexedData& data, const Scorer& scorer);

}  // namespace winnow::pipeline
