#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace winnow::training {

/// Tokens [begin, end) of a row.
struct TokenRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] std::uint32_t size() const { return end - begin; }
  bool operator==(const TokenRange&) const = default;
};

/// ln p of the tokens of each answer of a pair after what stands before them, in nats.
struct PairLogProbs {
  double chosen = 0;
  double rejected = 0;
};

/// The answer that a row's own is preferred to, after the same prompt.
struct RejectedAnswer {
  std::vector<std::int32_t> ids;  ///< prompt and answer
  TokenRange target;              ///< of the answer; not empty, without the first token
  PairLogProbs reference;         ///< of the model before its first step
};

/// A row as the model is trained on it.
struct TrainingRow {
  std::uint64_t row = 0;  ///< of the data set; seeds its noise
  std::vector<std::int32_t> ids;
  /// Tokens that are learnt from those before them: at least one, ascending, apart, none is the
  /// first token.
  std::vector<TokenRange> targets;
  /// Of a pair, whose targets are one range: those of the chosen answer.
  std::optional<RejectedAnswer> rejected = std::nullopt;

  /// Tokens that go through the model.
  [[nodiscard]] std::size_t token_count() const {
    return ids.size() + (rejected ? rejected->ids.size() : 0);
  }
  [[nodiscard]] std::uint32_t target_count() const {
    std::uint32_t count = rejected ? rejected->target.size() : 0;
    for (const TokenRange& range : targets) count += range.size();
    return count;
  }
};

}  // namespace winnow::training
