#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace winnow::scoring {

/// The loss of one row's answer by two models that see the same tokens.
struct PairedLoss {
  double base_nll = 0;   ///< nats, over the scored tokens
  double tuned_nll = 0;  ///< nats, over the same tokens
  std::uint32_t tokens = 0;
};

struct BootstrapOptions {
  std::uint64_t resamples = 10'000;
  std::uint64_t seed = 0;
  double confidence = 0.95;  ///< within (0, 1)
};

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// Tuned less base, in nats per token: below 0 the tuned model is better.
struct LossDifference {
  double value = 0;
  std::optional<Interval> interval;  ///< nothing for fewer than kLeastRowsForInterval rows
  bool operator==(const LossDifference&) const = default;
};

struct PairedComparison {
  LossDifference token_mean;  ///< of the losses summed over the rows, per token of all of them
  LossDifference row_mean;    ///< of each row's mean over its tokens, averaged over the rows
  double share_better = 0;    ///< rows whose loss is lower by the tuned model
  bool operator==(const PairedComparison&) const = default;
};

constexpr std::uint64_t kLeastRowsForInterval = 2;

/// The row, of `rows`, that is draw `draw` of a resample: the high word of
/// random word x rows (uniform up to rows / 2^64). Depends on nothing else.
[[nodiscard]] std::uint64_t resampled_row(std::uint64_t seed, std::uint64_t resample,
                                          std::uint64_t draw, std::uint64_t rows);

/// Differences of the two models over the rows with percentile intervals from resampled rows: each
/// resample draws as many rows as there are, with replacement, and takes both models' losses of
/// them. The bounds are the quantiles (1 - confidence) / 2 and (1 + confidence) / 2 of the
/// resampled differences, interpolated linearly between order statistics (position (B - 1) q from
/// 0, as numpy's default). O(resamples x rows); sums in double, in the order of the rows or draws.
///
/// @param rows  each of at least one token
/// @returns nothing if there are no rows
/// Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 (percentile
/// interval).
[[nodiscard]] std::optional<PairedComparison> compare_losses(std::span<const PairedLoss> rows,
                                                             const BootstrapOptions& options);

}  // namespace winnow::scoring
