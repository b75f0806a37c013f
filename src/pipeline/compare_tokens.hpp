#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/compare_inputs.hpp"

namespace winnow::pipeline {

struct TokenCounts {
  std::string scorer;  ///< of the first run
  std::vector<std::uint32_t> of_row;
};

/// Token counts that mean the same in every run.
struct ComparedTokens {
  std::vector<TokenCounts> counts;  ///< of the scorers whose counts each run has
  /// The scorers, behind their runs' names, whose counts some run has not: another tokenizer or
  /// template.
  std::vector<std::string> left_out;
};

[[nodiscard]] ComparedTokens compared_tokens(std::span<const ComparedRun> runs);

}  // namespace winnow::pipeline
