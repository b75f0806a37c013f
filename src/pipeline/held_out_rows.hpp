#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/evaluated_rows.hpp"
#include "pipeline/score_stage.hpp"

namespace winnow::pipeline {

/// The rows of the job's evaluation and what models say of them, in a folder that holds their index
/// and a journal for each model. All calls are collective.
class HeldOutRows {
 public:
  /// Indexes the rows, unless that is done.
  /// @param context   lives longer than this object, as the manifest and `prepares` do
  /// @param manifest  root's
  /// @param prepares  the rows for every model (open_base)
  HeldOutRows(const Context& context, nlohmann::ordered_json& manifest, RunFolder folder,
              const OpenScorer& prepares);
  HeldOutRows(const HeldOutRows&) = delete;
  HeldOutRows& operator=(const HeldOutRows&) = delete;

  [[nodiscard]] const RunFolder& folder() const { return own_.folder; }

  /// Root's: the model's losses. The rows that its journal does not hold yet are scored before.
  /// @throws as score_rows; core::Interrupted if a rank was asked to stop, what is journalled stays
  [[nodiscard]] EvaluatedModel score(const std::string& name, const ModelScorer& model);
  /// The same of a model that may be gone; nothing where its journal does not hold all rows.
  /// @param base  root's: the binding of the model that it stands beside
  /// @throws core::UsageError where they were asked with other settings
  [[nodiscard]] std::optional<EvaluatedModel> scored_before(const std::string& name,
                                                            const ScorerBinding& base) const;
  /// Root's, as read_categories; empty where the job asks for none.
  [[nodiscard]] std::vector<std::string> categories() const;
  /// How each model scored.
  [[nodiscard]] nlohmann::ordered_json scoring() const {
    return summary_.value("scorers", nlohmann::ordered_json::object());
  }

 private:
  [[nodiscard]] EvaluatedModel read(const JournalledScorer& scored) const;

  const EvaluationJob& job_;
  nlohmann::ordered_json& manifest_;
  const OpenScorer& prepares_;
  Job reading_;  ///< the job with the held-out rows as its data
  nlohmann::ordered_json summary_ = nlohmann::ordered_json::object();
  Context own_;
  IndexedData data_;
};

}  // namespace winnow::pipeline
