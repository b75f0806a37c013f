#include "scoring/paired_bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/random.hpp"

namespace winnow::scoring {
namespace {

constexpr std::uint64_t kBootstrapStage = 0x626F6F74;  // "boot"

/// What a row adds to the statistics, or several do.
struct Terms {
  double nats = 0;  ///< tuned less base
  double tokens = 0;
  double per_token = 0;  ///< each row's nats / tokens

  Terms& operator+=(const Terms& more) {
    nats += more.nats;
    tokens += more.tokens;
    per_token += more.per_token;
    return *this;
  }
};

/// What all draws of a resample have in common.
std::uint64_t word_of_resample(std::uint64_t seed, std::uint64_t resample) {
  return core::random_word(seed, kBootstrapStage, resample);
}

std::uint64_t row_of_draw(std::uint64_t resample_word, std::uint64_t draw, std::uint64_t rows) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{core::mix64(resample_word ^ draw)} * rows) >> 64);
}

/// @param ascending  at least one
double quantile(const std::vector<double>& ascending, double share) {
  const double position = static_cast<double>(ascending.size() - 1) * share;
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return std::lerp(ascending[below], ascending[above], position - static_cast<double>(below));
}

Interval interval_of(std::vector<double> resampled, double confidence) {
  std::ranges::sort(resampled);
  return {quantile(resampled, (1 - confidence) / 2), quantile(resampled, (1 + confidence) / 2)};
}

}  // namespace

std::uint64_t resampled_row(std::uint64_t seed, std::uint64_t resample, std::uint64_t draw,
                            std::uint64_t rows) {
  return row_of_draw(word_of_resample(seed, resample), draw, rows);
}

std::optional<PairedComparison> compare_losses(std::span<const PairedLoss> rows,
                                               const BootstrapOptions& options) {
  if (rows.empty()) return std::nullopt;
  std::vector<Terms> terms;
  terms.reserve(rows.size());
  Terms all;
  std::uint64_t better = 0;
  for (const PairedLoss& row : rows) {
    core::check(row.tokens > 0, "a row with a loss has tokens");
    const double nats = row.tuned_nll - row.base_nll, tokens = row.tokens;
    terms.push_back({nats, tokens, nats / tokens});
    all += terms.back();
    if (nats < 0) ++better;
  }
  const auto count = static_cast<double>(rows.size());
  PairedComparison comparison;
  comparison.token_mean.value = all.nats / all.tokens;
  comparison.row_mean.value = all.per_token / count;
  comparison.share_better = static_cast<double>(better) / count;
  if (rows.size() < kLeastRowsForInterval) return comparison;

  std::vector<double> token_means, row_means;
  token_means.reserve(options.resamples);
  row_means.reserve(options.resamples);
  for (std::uint64_t resample = 0; resample < options.resamples; ++resample) {
    const std::uint64_t word = word_of_resample(options.seed, resample);
    Terms drawn;
    for (std::uint64_t draw = 0; draw < terms.size(); ++draw)
      drawn += terms[row_of_draw(word, draw, terms.size())];
    token_means.push_back(drawn.nats / drawn.tokens);
    row_means.push_back(drawn.per_token / count);
  }
  comparison.token_mean.interval = interval_of(std::move(token_means), options.confidence);
  comparison.row_mean.interval = interval_of(std::move(row_means), options.confidence);
  return comparison;
}

}  // namespace winnow::scoring
