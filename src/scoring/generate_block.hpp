#pragma once

#include <functional>

#include "scoring/answer_samples.hpp"
#include "scoring/block_replies.hpp"
#include "scoring/row_block.hpp"

namespace winnow::scoring {

struct GeneratedBlock {
  BlockReplies replies;
  ReplyCost cost;
};

/// The model's part of a block's work, to be run once; what it came from must still be there, but
/// for the rows.
using AnsweringWork = std::function<GeneratedBlock()>;

/// Tokenises the prompts of a block; the work answers them. Pure: no files, no MPI. An answer
/// depends on the block's rows, and where it is sampled on the seed and the row's id.
/// @throws core::DataError naming the row that the template cannot write down, unless
/// options.skip_refused_rows, or whose text the tokenizer cannot encode
[[nodiscard]] AnsweringWork prepare_answers(const RowAnswerer& answerer, const RowBlock& block);

}  // namespace winnow::scoring
