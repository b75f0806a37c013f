#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/partition.hpp"
#include "data/prompt_template.hpp"
#include "data/sample.hpp"
#include "model/generation.hpp"
#include "scoring/answer_samples.hpp"
#include "scoring/block_replies.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

struct GeneratedBlock {
  BlockReplies replies;
  ReplyCost cost;
};

/// Answers consecutive rows, as answer_samples does.
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
