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
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

struct ScoringOptions {
  std::uint32_t max_length = 2048;    ///< tokens of a text that the model sees; what is past it is cut on the right
  std::uint32_t batch_tokens = 2048;  ///< tokens of one forward pass
  bool direct = true;                 ///< also the answer without its prompt (IFD needs it, perplexity does not)
  bool faithful = false;              ///< IterIT's spans: prefix up to the last occurrence of the answer, tokenised alone
};

/// What a block cost; for progress and rates.
struct BlockCost {
  std::uint64_t tokens = 0;
  std::uint64_t scored_positions = 0;
};

struct ScoredBlock {
  BlockScores scores;
  BlockCost cost;
};

/// Scores consecutive rows: tokenise both texts, sort by length, run token-budget batches. Pure: no files, no MPI.
///
/// Where the conditional text is longer than max_length, the direct text is scored for no more tokens than are left of the answer in
/// the conditional text, so that both means are taken over the same part of it (methods.md 1a, 5a).
/// @param first_row  id of rows[0]
/// @param rows       nullopt: a bad row (status `bad_row`)
/// @throws core::DataError naming the row that the template cannot write down
[[nodiscard]] ScoredBlock score_block(std::uint64_t block, core::RowId first_row,
                                      std::span<const std::optional<data::Sample>> rows,
                                      const tokenizer::Tokenizer& tokenizer, const data::PromptTemplate& prompt,
                                      model::CausalLanguageModel& model, const ScoringOptions& options);

}  // namespace winnow::scoring
