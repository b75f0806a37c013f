#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/score_status.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/block_journal.hpp"
#include "pipeline/context.hpp"
#include "pipeline/score_stage.hpp"

namespace winnow::pipeline {

/// What a model said about the answer of every row.
struct EvaluatedModel {
  std::string name;
  ScorerBinding binding;
  std::vector<double> nll;                ///< nats over the scored tokens; NaN unless ok. [rows]
  std::vector<std::uint32_t> tokens;      ///< [rows]
  std::vector<core::ScoreStatus> status;  ///< [rows]
};

/// The held-out rows, in their order.
struct EvaluatedRows {
  std::vector<EvaluatedModel> models;  ///< the base first
  /// Of each row; empty where it has none or is a bad row. No elements where none is asked for.
  std::vector<std::string> category;

  [[nodiscard]] const EvaluatedModel& base() const { return models.front(); }
  [[nodiscard]] std::size_t rows() const { return base().status.size(); }
};

/// One process. A model's losses out of its journal in the context's folder, which holds all
/// blocks.
/// @throws core::ModelError for a block that is missing or damaged
[[nodiscard]] EvaluatedModel read_losses(const JournalledScorer& scored,
                                         const BlockJournal& journal,
                                         const BlockContents& contents);

/// One process. @throws core::DataError for a field that no row has, or of more than kMostStrata
/// values
[[nodiscard]] std::vector<std::string> read_categories(const Context& context,
                                                       const IndexedData& data,
                                                       const std::string& field);

/// A line for each row: `row`, `category`, and for each model `<name>_nll_sum`, `<name>_tokens` and
/// `<name>_status`; sum and tokens are empty unless the status is ok.
[[nodiscard]] std::string rows_csv(const EvaluatedRows& rows);

}  // namespace winnow::pipeline
