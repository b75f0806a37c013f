#include "training/micro_batches.hpp"

#include <cstddef>

namespace winnow::training {

std::vector<std::span<const TrainingRow* const>> micro_batches(
    std::span<const TrainingRow* const> rows, const TrainingOptions& options) {
  std::vector<std::span<const TrainingRow* const>> batches;
  std::size_t begin = 0, tokens = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool is_full = options.micro_batch_rows > 0
                             ? i - begin == options.micro_batch_rows
                             : tokens + rows[i]->token_count() > options.micro_batch_tokens;
    if (i > begin && is_full) {
      batches.push_back(rows.subspan(begin, i - begin));
      begin = i;
      tokens = 0;
    }
    tokens += rows[i]->token_count();
  }
  if (begin < rows.size()) batches.push_back(rows.subspan(begin));
  return batches;
}

}  // namespace winnow::training
