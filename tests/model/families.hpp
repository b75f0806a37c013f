#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "model/generation.hpp"
#include "model/language_model.hpp"
#include "random_folder.hpp"

namespace winnow::model {

using Texts = std::vector<std::vector<std::int32_t>>;

/// Losses, embeddings and some next tokens' logits of all texts, so many in a batch.
inline std::vector<SegmentResult> run(CausalLanguageModel& model, const Texts& texts,
                                      std::size_t batch_texts) {
  static const std::vector<std::int32_t> candidates = {3, 77, 300};
  std::vector<SegmentResult> results;
  for (std::size_t begin = 0; begin < texts.size(); begin += batch_texts) {
    std::vector<Segment> batch;
    for (std::size_t text = begin; text < std::min(texts.size(), begin + batch_texts); ++text) {
      const auto size = static_cast<std::uint32_t>(texts[text].size());
      batch.push_back({.ids = texts[text],
                       .first_scored = 1,
                       .end_scored = size,
                       .pooled = size,
                       .pooling = text % 2 == 0 ? Pooling::last_token : Pooling::mean,
                       .candidates = candidates});
    }
    for (SegmentResult& result : model.run(batch)) results.push_back(std::move(result));
  }
  return results;
}

inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  EXPECT_FALSE(a.empty());
  double largest = 0;
  for (std::size_t at = 0; at < std::min(a.size(), b.size()); ++at) {
    EXPECT_TRUE(std::isfinite(a[at]) && std::isfinite(b[at]));
    largest = std::max(largest, std::abs(static_cast<double>(a[at]) - static_cast<double>(b[at])));
  }
  return largest;
}

/// Of all texts: of the losses and logits, in nats, and of the embeddings' elements.
struct Differences {
  double losses = 0;
  double embeddings = 0;
  double logits = 0;
};
inline Differences largest_differences(const std::vector<SegmentResult>& a,
                                       const std::vector<SegmentResult>& b) {
  EXPECT_EQ(a.size(), b.size());
  EXPECT_FALSE(a.empty());
  Differences largest;
  for (std::size_t text = 0; text < std::min(a.size(), b.size()); ++text) {
    largest.losses = std::max(largest.losses, largest_difference(a[text].losses, b[text].losses));
    largest.embeddings =
        std::max(largest.embeddings, largest_difference(a[text].embedding, b[text].embedding));
    largest.logits = std::max(largest.logits, largest_difference(a[text].logits, b[text].logits));
  }
  return largest;
}

inline std::string name_of(const ::testing::TestParamInfo<nlohmann::json>& instance) {
  return instance.param.at("architectures").front().get<std::string>();
}

/// One family with random weights.
class Families : public ::testing::TestWithParam<nlohmann::json> {
 protected:
  [[nodiscard]] std::unique_ptr<CausalLanguageModel> load(const LoadOptions& options) const {
    return load_causal_language_model(folder_.path(), options);
  }
  /// Greedy answers to the first 30 tokens of each text.
  [[nodiscard]] Texts answers(const LoadOptions& options) const {
    std::vector<GenerationPrompt> prompts;
    for (const auto& text : texts_) prompts.push_back({prompt_of(text), prompts.size()});
    GenerationOptions generation;
    generation.max_new_tokens = 25;
    generation.max_length = 256;
    generation.cache_tokens = 200;
    const auto generated =
        generate(*load_incremental_model(folder_.path(), options), prompts, generation,
                 [](std::size_t, std::span<const std::int32_t>) { return false; });
    Texts ids;
    for (const Generated& one : generated) {
      EXPECT_EQ(one.ids.size(), generation.max_new_tokens);
      ids.push_back(one.ids);
    }
    return ids;
  }
  /// How far, at most, the logit of an answer's token is below the largest where a model that
  /// scores reads prompt and answer.
  [[nodiscard]] double largest_gap(CausalLanguageModel& judge, const Texts& answers) const {
    std::vector<std::int32_t> all(301);
    std::iota(all.begin(), all.end(), 0);
    double largest = 0;
    for (std::size_t text = 0; text < texts_.size(); ++text) {
      const auto prompt = prompt_of(texts_[text]);
      std::vector<std::int32_t> ids(prompt.begin(), prompt.end());
      for (const std::int32_t id : answers[text]) {
        Segment next{ids};
        next.candidates = all;
        const std::vector<float> logits = judge.run(std::vector<Segment>{next})[0].logits;
        const double best = *std::max_element(logits.begin(), logits.end());
        largest =
            std::max(largest, best - static_cast<double>(logits[static_cast<std::size_t>(id)]));
        ids.push_back(id);
      }
    }
    return largest;
  }
  static std::span<const std::int32_t> prompt_of(const std::vector<std::int32_t>& text) {
    return std::span(text).first(std::min<std::size_t>(text.size(), 30));
  }

  const test::RandomFolder folder_{GetParam()};
  const Texts texts_ = test::random_texts(301);
};

}  // namespace winnow::model
