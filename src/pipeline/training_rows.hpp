#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "core/score_status.hpp"
#include "data/prompt_template.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "tokenizer/tokenizer.hpp"
#include "training/row_text.hpp"

namespace winnow::pipeline {

/// Rows as a model is trained on them, equal on all ranks.
struct TrainingRows {
  std::vector<training::TrainingRow> rows;  ///< in the order that was asked for
  /// Rows by what became of them; those that are not `ok` are not learnt.
  std::array<std::uint64_t, core::kScoreStatusNames.size()> status_counts{};
  std::uint64_t cut = 0;            ///< to the first max_length tokens, and learnt
  std::uint64_t empty_answers = 0;  ///< of which only the end is learnt
};

/// @throws core::DataError if the rows of the data set are no pairs
void expect_pairs(const data::DataSet& data_set);

/// Collective. Each rank tokenises its share; every rank gets all.
/// @param rows  ids, equal on all ranks
/// @throws core::DataError naming the row that the template cannot write down, unless bad rows are
/// skipped; as expect_pairs where the job's objective asks for pairs
[[nodiscard]] TrainingRows training_rows(const Context& context, const IndexedData& data,
                                         std::span<const core::RowId> rows,
                                         const tokenizer::Tokenizer& tokenizer,
                                         const data::PromptTemplate& prompt,
                                         const training::RowTextOptions& options);

}  // namespace winnow::pipeline
