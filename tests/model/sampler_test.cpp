#include "model/sampler.hpp"

#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

namespace {

using winnow::model::Candidate;
using winnow::model::next_token;
using winnow::model::sampling_candidates;
using winnow::model::SamplingOptions;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::map<std::int32_t, double> by_id(const std::vector<Candidate>& candidates) {
  std::map<std::int32_t, double> probabilities;
  for (const Candidate& candidate : candidates) probabilities[candidate.id] = candidate.probability;
  return probabilities;
}

/// Logits whose softmax is the given distribution.
std::vector<float> logits_of(std::initializer_list<double> probabilities) {
  std::vector<float> logits;
  for (const double probability : probabilities)
    logits.push_back(static_cast<float>(std::log(probability)));
  return logits;
}

TEST(Sampler, TakesTheLikeliestTokenAndOfEqualOnesTheFirst) {
  std::vector<float> logits = {1, 3, 2, 3};
  EXPECT_EQ(next_token(logits, {}, {}, 0.99), 1);
}

TEST(Sampler, SaysNothingWhereANumberIsNone) {
  std::vector<float> with_nan = {1, std::nanf(""), 2};
  std::vector<float> first_nan = {std::nanf(""), 1};
  std::vector<float> infinite = {1, kInfinity};
  std::vector<float> all_masked = {-kInfinity, -kInfinity};
  std::vector<float> one_masked = {-kInfinity, 1};
  EXPECT_EQ(next_token(with_nan, {}, {}, 0), std::nullopt);
  EXPECT_EQ(next_token(first_nan, {}, {}, 0), std::nullopt);
  EXPECT_EQ(next_token(infinite, {}, {}, 0), std::nullopt);
  EXPECT_EQ(next_token(all_masked, {}, {}, 0), std::nullopt);
  EXPECT_EQ(next_token(one_masked, {}, {.temperature = 1}, 0), 1);
}

TEST(Sampler, PenalisesEachTokenOfTheSequenceOnce) {
  std::vector<float> logits = {2, -2, 4, 1};
  winnow::model::penalise_repetition(logits, std::vector<std::int32_t>{0, 1, 0, 9, -1}, 2);
  EXPECT_EQ(logits, (std::vector<float>{1, -4, 4, 1}));
}

TEST(Sampler, TemperatureSharpens) {
  const auto probabilities =
      by_id(sampling_candidates(logits_of({0.2, 0.8}), {.temperature = 0.5}));
  EXPECT_NEAR(probabilities.at(1), 0.64 / 0.68, 1e-6);
}

TEST(Sampler, TakesTheLikeliestAtTheLowestTemperatures) {
  for (const double temperature : {1e-30, 1e-38, 1e-45, 1e-300}) {
    std::vector<float> logits = {1, 30, -kInfinity, 29.5F};
    EXPECT_EQ(by_id(sampling_candidates(logits, {.temperature = temperature})).at(1), 1.0);
    EXPECT_EQ(next_token(logits, {}, {.temperature = temperature, .top_p = 0.9}, 0.999), 1)
        << temperature;
  }
}

TEST(Sampler, TopKKeepsTokensAsLikelyAsItsLast) {
  const std::vector<float> logits = {1, 5, 3, 3, 2};
  EXPECT_EQ(by_id(sampling_candidates(logits, {.temperature = 1, .top_k = 2})).size(), 3U);
  EXPECT_EQ(by_id(sampling_candidates(logits, {.temperature = 1, .top_k = 1})).size(), 1U);
  EXPECT_EQ(by_id(sampling_candidates(logits, {.temperature = 1, .top_k = 99})).size(), 5U);
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt) {
  const auto logits = logits_of({0.1, 0.5, 0.15, 0.25});
  const auto three = by_id(sampling_candidates(logits, {.temperature = 1, .top_p = 0.8}));
  EXPECT_EQ(three.size(), 3U);
  EXPECT_NEAR(three.at(2), 0.15 / 0.9, 1e-6);
  EXPECT_EQ(by_id(sampling_candidates(logits, {.temperature = 1, .top_p = 0.7})).size(), 2U);
  EXPECT_EQ(by_id(sampling_candidates(logits, {.temperature = 1, .top_p = 1e-9})).size(), 1U);
}

TEST(Sampler, TopPGoesByWhatTopKLeft) {
  const auto logits = logits_of({0.1, 0.4, 0.2, 0.3});
  // Of 0.4 and 0.3 alone the first has 0.571.
  EXPECT_EQ(by_id(sampling_candidates(logits, {.temperature = 1, .top_k = 2, .top_p = 0.5})).size(),
            1U);
  EXPECT_EQ(by_id(sampling_candidates(logits, {.temperature = 1, .top_k = 2, .top_p = 0.6})).size(),
            2U);
}

TEST(Sampler, TopPOverManyEqualTokensTakesTheLowestIds) {
  const std::vector<float> logits(1000, 0.0F);
  const auto kept = by_id(sampling_candidates(logits, {.temperature = 1, .top_p = 0.5005}));
  EXPECT_EQ(kept.size(), 501U);
  EXPECT_EQ(kept.rbegin()->first, 500);
}

TEST(Sampler, DrawsByTheUniformNumber) {
  const auto draw = [](double uniform) {
    auto logits = logits_of({0.25, 0.5, 0.25});
    return next_token(logits, {}, {.temperature = 1}, uniform);
  };
  EXPECT_EQ(draw(0), 0);
  EXPECT_EQ(draw(0.26), 1);
  EXPECT_EQ(draw(0.74), 1);
  EXPECT_EQ(draw(0.76), 2);
  EXPECT_EQ(draw(std::nextafter(1.0, 0.0)), 2);
}

TEST(Sampler, NumbersDependOnSeedRowAndStepAlone) {
  using winnow::model::sampling_number;
  EXPECT_EQ(sampling_number(1, 2, 3), sampling_number(1, 2, 3));
  EXPECT_NE(sampling_number(1, 2, 3), sampling_number(1, 3, 2));
  EXPECT_NE(sampling_number(1, 2, 3), sampling_number(2, 2, 3));
  double sum = 0;
  for (std::uint64_t step = 0; step < 10000; ++step) {
    const double number = sampling_number(7, 5, step);
    EXPECT_TRUE(number >= 0 && number < 1);
    sum += number;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.01);
}

}  // namespace
