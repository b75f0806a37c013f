#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/prompt_template.hpp"
#include "model/generation.hpp"
#include "scoring/block_replies.hpp"
#include "scoring/row_block.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

struct ReplyOptions {
  model::GenerationOptions generation;  ///< its stop ids too
  std::vector<std::string> stop_strings;
  /// A row that the template cannot write down is `template_refused`, not an error.
  bool skip_refused_rows = false;
};

/// What a block cost; for progress and rates.
struct ReplyCost {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t new_tokens = 0;
};

struct GeneratedBlock {
  BlockReplies replies;
  ReplyCost cost;
};

/// What answers rows, the same for every block.
struct RowAnswerer {
  const tokenizer::Tokenizer& tokenizer;
  const data::PromptTemplate& prompt;
  model::IncrementalModel& model;
  ReplyOptions options;
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
