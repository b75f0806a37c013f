#pragma once

#include "model/text_encoder.hpp"
#include "scoring/score_block.hpp"
#include "scoring/scoring_options.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

/// What embeds rows, the same for every block; options.embedding is set.
struct RowEncoder {
  const tokenizer::Tokenizer& tokenizer;
  model::TextEncoder& encoder;
  ScoringOptions options;
};

/// Tokenises the rows of a block; the work embeds them. Texts longer than max_length lose tokens
/// from their end, but not what the tokenizer puts there; equal texts are run once. Pure: no files,
/// no MPI.
[[nodiscard]] ScoringWork prepare_embeddings(const RowEncoder& encoder, const RowBlock& block);

}  // namespace winnow::scoring
