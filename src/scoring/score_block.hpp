#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/partition.hpp"
#include "data/prompt_template.hpp"
#include "data/sample.hpp"
#include "model/language_model.hpp"
#include "scoring/block_scores.hpp"
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

/// Consecutive rows.
struct RowBlock {
  std::uint64_t block = 0;
  std::uint64_t content = 0;  ///< BlockScores::content
  core::RowId first_row = 0;
  std::span<const std::optional<data::Sample>> rows;  ///< nullopt: a bad row (status `bad_row`)
};

struct ScoredBlock {
  BlockScores scores;
  std::uint64_t tokens = 0;  ///< that were run; for rates
};

/// Scores a block: tokenise all texts, sort by length, run token-budget batches. Pure: no files, no
/// MPI.
/// @throws core::DataError naming the row that the template cannot write down, unless
/// options.skip_refused_rows; core::ModelError if the tokenizer has no tokens for the digits that
/// a score needs.
[[nodiscard]] ScoredBlock score_block(const RowScorer& scorer, const RowBlock& block);

}  // namespace winnow::scoring
