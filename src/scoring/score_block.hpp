#pragma once

#include <cstdint>
#include <functional>

#include "data/prompt_template.hpp"
#include "model/language_model.hpp"
#include "scoring/block_scores.hpp"
#include "scoring/row_block.hpp"
#include "scoring/scoring_options.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

/// What scores rows, the same for every block.
struct RowScorer {
  const tokenizer::Tokenizer& tokenizer;
  const data::PromptTemplate* prompt;  ///< may be nullptr where nothing asked for needs one
  model::CausalLanguageModel& model;
  ScoringOptions options;
};

struct ScoredBlock {
  BlockScores scores;
  std::uint64_t tokens = 0;  ///< that were run; for rates
};

/// The model's part of a block's work, to be run once; what it came from must still be there, but
/// for the rows.
using ScoringWork = std::function<ScoredBlock()>;

/// Tokenises all texts of a block, without the model. The work sorts them by length and runs
/// token-budget batches. Both are pure: no files, no MPI.
/// @throws core::DataError naming the row that the template cannot write down, unless
/// options.skip_refused_rows, or whose text the tokenizer cannot encode; core::ModelError if the
/// tokenizer has no tokens for the digits that a score needs.
[[nodiscard]] ScoringWork prepare_scores(const RowScorer& scorer, const RowBlock& block);

}  // namespace winnow::scoring
