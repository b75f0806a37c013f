#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/score_status.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "selection/expression.hpp"
#include "selection/selection.hpp"
#include "store/attributes.hpp"

namespace winnow::pipeline {

/// What one step did, over all ranks.
struct StepResult {
  std::uint64_t rows_in = 0;
  std::uint64_t eligible = 0;  ///< of them, those that it could pick
  std::uint64_t rows_out = 0;
  /// Rows that came in by the status of what the step goes by.
  std::array<std::uint64_t, core::kScoreStatusNames.size()> status_counts{};
  std::vector<selection::AggregateValue> aggregates;  ///< of its expression
  store::Attributes more;                             ///< tfidf_rows, ...
};

struct ChainResult {
  selection::Selection picks;     ///< of the last step, whole on every rank
  std::vector<StepResult> steps;  ///< in order
  /// The step that left each row of the data set out, kPicked for those that are picked. On root.
  std::vector<std::uint8_t> left_out_by;
};

/// Of a row that no step left out.
constexpr std::uint8_t kPicked = 255;

/// Which step writes tfidf.h5 on the way (nullptr: none), and what the file is made from.
struct TfidfDump {
  const SelectionStep* step = nullptr;
  std::string key;
};

/// Collective. Runs a selection's steps, each on the rows that the one before it left.
/// @throws core::DataError if a step finds fewer rows than it needs
[[nodiscard]] ChainResult run_chain(Context& context, const IndexedData& data,
                                    const SelectionJob& selection, const TfidfDump& dump);

/// A step in words (`ifd_ppl < 1`, `iterit of 5%`), and a selection: its steps.
[[nodiscard]] std::string described(const SelectionStep& step);
[[nodiscard]] std::string described(const SelectionJob& selection);

/// The steps with their parameters and results as JSON, for the selection file.
[[nodiscard]] std::string steps_text(const Job& job, const SelectionJob& selection,
                                     const std::vector<StepResult>& steps);

}  // namespace winnow::pipeline
