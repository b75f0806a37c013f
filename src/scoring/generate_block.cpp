#include "scoring/generate_block.hpp"

#include <utility>
#include <vector>

namespace winnow::scoring {

GeneratedBlock generate_block(std::uint64_t block, core::RowId first_row,
                              std::span<const std::optional<data::Sample>> rows,
                              const tokenizer::Tokenizer& tokenizer,
                              const data::PromptTemplate& prompt, model::IncrementalModel& model,
                              const ReplyOptions& options) {
  std::vector<AskedSample> asked;
  for (const std::optional<data::Sample>& row : rows)
    asked.push_back({first_row + asked.size(), row ? &*row : nullptr});
  AnsweredSamples answered = answer_samples({tokenizer, prompt, model, options}, asked);
  GeneratedBlock result{{}, answered.cost};
  result.replies.block = block;
  result.replies.rows = std::move(answered.replies);
  return result;
}

}  // namespace winnow::scoring
