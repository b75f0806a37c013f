#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "data/prompt_template.hpp"
#include "data/sample.hpp"
#include "model/generation.hpp"
#include "scoring/block_replies.hpp"
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

/// Answers consecutive rows. Pure: no files, no MPI. An answer depends on the block's rows, and
/// where it is sampled on the seed and the row's id.
/// @param first_row  id of rows[0]
/// @param rows       nullopt: a bad row (status `bad_row`)
/// @throws core::DataError naming the row that the template cannot write down, unless
/// options.skip_refused_rows
[[nodiscard]] GeneratedBlock generate_block(std::uint64_t block, core::RowId first_row,
                                            std::span<const std::optional<data::Sample>> rows,
                                            const tokenizer::Tokenizer& tokenizer,
                                            const data::PromptTemplate& prompt,
                                            model::IncrementalModel& model,
                                            const ReplyOptions& options);

}  // namespace winnow::scoring
