#include "scoring/paired_bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace winnow::scoring {
namespace {

/// Rows of 1 to 40 tokens; the tuned model is better by about `gain` nats per token.
std::vector<PairedLoss> some_rows(std::size_t count, double gain) {
  std::vector<PairedLoss> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const auto tokens = static_cast<std::uint32_t>(1 + i * 7 % 40);
    const double base = tokens * (2 + std::sin(static_cast<double>(i)));
    rows.push_back({base, base - tokens * (gain + std::cos(3.0 * static_cast<double>(i))), tokens});
  }
  return rows;
}

TEST(PairedBootstrap, TokenAndRowMeansAreDifferentThings) {
  const std::vector<PairedLoss> rows = {{10, 6, 2}, {10, 12, 8}};
  const PairedComparison compared = compare_losses(rows, {}).value();
  EXPECT_DOUBLE_EQ(compared.token_mean.value, (-4.0 + 2.0) / 10);
  EXPECT_DOUBLE_EQ(compared.row_mean.value, (-4.0 / 2 + 2.0 / 8) / 2);
  EXPECT_DOUBLE_EQ(compared.share_better, 0.5);
}

TEST(PairedBootstrap, ResamplesTakeBothLossesOfTheRowsThatTheyDraw) {
  const std::vector<PairedLoss> rows = some_rows(17, 0.3);
  const BootstrapOptions options{.resamples = 501, .seed = 11, .confidence = 0.9};
  std::vector<double> token_means, row_means;
  for (std::uint64_t resample = 0; resample < options.resamples; ++resample) {
    double base = 0, tuned = 0, tokens = 0, means = 0;
    for (std::uint64_t draw = 0; draw < rows.size(); ++draw) {
      const PairedLoss& row = rows[resampled_row(options.seed, resample, draw, rows.size())];
      base += row.base_nll;
      tuned += row.tuned_nll;
      tokens += row.tokens;
      means += row.tuned_nll / row.tokens - row.base_nll / row.tokens;
    }
    token_means.push_back(tuned / tokens - base / tokens);
    row_means.push_back(means / static_cast<double>(rows.size()));
  }
  const PairedComparison compared = compare_losses(rows, options).value();
  // Positions 500 x 0.05 and 500 x 0.95 are whole: order statistics.
  for (const auto& [means, difference] :
       {std::pair(&token_means, &compared.token_mean), std::pair(&row_means, &compared.row_mean)}) {
    std::ranges::sort(*means);
    EXPECT_NEAR(difference->interval.value().low, means->at(25), 1e-12);
    EXPECT_NEAR(difference->interval.value().high, means->at(475), 1e-12);
  }
}

TEST(PairedBootstrap, DrawsAreUniformAndDependOnSeedResampleAndDraw) {
  constexpr std::uint64_t kRows = 7, kDraws = 70'000;
  std::vector<double> counts(kRows);
  for (std::uint64_t draw = 0; draw < kDraws; ++draw)
    counts.at(resampled_row(3, draw / 100, draw % 100, kRows)) += 1;
  double chi_square = 0;
  const double expected = static_cast<double>(kDraws) / kRows;
  for (const double count : counts)
    chi_square += (count - expected) * (count - expected) / expected;
  EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, p = 0.001
  const auto stream = [](std::uint64_t seed, std::uint64_t resample) {
    std::vector<std::uint64_t> rows;
    for (std::uint64_t draw = 0; draw < 50; ++draw)
      rows.push_back(resampled_row(seed, resample, draw, 1000));
    return rows;
  };
  EXPECT_EQ(stream(1, 2), stream(1, 2));
  EXPECT_NE(stream(1, 2), stream(1, 3));
  EXPECT_NE(stream(1, 2), stream(2, 2));
}

TEST(PairedBootstrap, EqualDifferencesHaveAnIntervalWithoutWidth) {
  const std::vector<PairedLoss> rows(9, {5, 4, 4});
  const PairedComparison compared = compare_losses(rows, {}).value();
  EXPECT_EQ(compared.token_mean.interval, (Interval{-0.25, -0.25}));
  EXPECT_EQ(compared.row_mean.interval, (Interval{-0.25, -0.25}));
  EXPECT_EQ(compared.share_better, 1);
}

TEST(PairedBootstrap, AnEqualLossIsNotBetter) {
  const std::vector<PairedLoss> rows(3, {5, 5, 4});
  EXPECT_EQ(compare_losses(rows, {}).value().share_better, 0);
}

TEST(PairedBootstrap, OneRowHasNoIntervalAndNoRowsHaveNothing) {
  const std::vector<PairedLoss> one = {{8, 6, 4}};
  const PairedComparison compared = compare_losses(one, {}).value();
  EXPECT_EQ(compared.token_mean, (LossDifference{-0.5, std::nullopt}));
  EXPECT_EQ(compared.row_mean, (LossDifference{-0.5, std::nullopt}));
  EXPECT_FALSE(compare_losses({}, {}).has_value());
}

TEST(PairedBootstrap, ARowWithoutTokensIsABugOfTheCaller) {
  const std::vector<PairedLoss> rows = {{0, 0, 0}};
  EXPECT_THROW(static_cast<void>(compare_losses(rows, {})), core::InternalError);
}

TEST(PairedBootstrap, MoreConfidenceIsAWiderInterval) {
  const std::vector<PairedLoss> rows = some_rows(60, 0.1);
  const auto width = [&](double confidence) {
    const Interval interval =
        compare_losses(rows, {.confidence = confidence}).value().token_mean.interval.value();
    return interval.high - interval.low;
  };
  EXPECT_LT(width(0.5), width(0.8));
  EXPECT_LT(width(0.8), width(0.95));
}

}  // namespace
}  // namespace winnow::scoring
