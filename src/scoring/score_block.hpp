#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "data/prompt_template.hpp"
#include "data/sample.hpp"
#include "model/language_model.hpp"
#include "scoring/block_scores.hpp"
#include "scoring/prepared_row.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

/// What a block cost; for progress and rates.
struct BlockCost {
  std::uint64_t tokens = 0;
  std::uint64_t scored_positions = 0;
};

struct ScoredBlock {
  BlockScores scores;
  BlockCost cost;
};

/// Scores consecutive rows: tokenise both texts, sort by length, run token-budget batches. Pure: no
/// files, no MPI.
/// @param first_row  id of rows[0]
/// @param rows       nullopt: a bad row (status `bad_row`)
/// @throws core::DataError naming the row that the template cannot write down, unless
/// options.skip_refused_rows
[[nodiscard]] ScoredBlock score_block(std::uint64_t block, core::RowId first_row,
                                      std::span<const std::optional<data::Sample>> rows,
                                      const tokenizer::Tokenizer& tokenizer,
                                      const data::PromptTemplate& prompt,
                                      model::CausalLanguageModel& model,
                                      const ScoringOptions& options);

}  // namespace winnow::scoring
