#pragma once

#include <cstdint>
#include <vector>

namespace winnow::training {

/// Tokens [begin, end) of a row.
struct TokenRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] std::uint32_t size() const { return end - begin; }
  bool operator==(const TokenRange&) const = default;
};

/// A row as the model is trained on it.
struct TrainingRow {
  std::uint64_t row = 0;  ///< of the data set; seeds its noise
  std::vector<std::int32_t> ids;
  /// Tokens that are learnt from those before them: at least one, ascending, apart, none is the
  /// first token.
  std::vector<TokenRange> targets;
  [[nodiscard]] std::uint32_t target_count() const {
    std::uint32_t count = 0;
    for (const TokenRange& range : targets) count += range.size();
    return count;
  }
};

}  // namespace winnow::training
