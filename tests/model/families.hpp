#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "model/language_model.hpp"
#include "random_folder.hpp"

namespace winnow::model {

/// Losses and embeddings of all texts, so many in a batch.
inline std::vector<SegmentResult> run(CausalLanguageModel& model,
                                      const std::vector<std::vector<std::int32_t>>& texts,
                                      std::size_t batch_texts) {
  std::vector<SegmentResult> results;
  for (std::size_t begin = 0; begin < texts.size(); begin += batch_texts) {
    std::vector<Segment> batch;
    for (std::size_t text = begin; text < std::min(texts.size(), begin + batch_texts); ++text) {
      const auto size = static_cast<std::uint32_t>(texts[text].size());
      batch.push_back({.ids = texts[text], .first_scored = 1, .end_scored = size, .pooled = size});
    }
    for (SegmentResult& result : model.run(batch)) results.push_back(std::move(result));
  }
  return results;
}

inline double largest_difference(const std::vector<SegmentResult>& a,
                                 const std::vector<SegmentResult>& b) {
  double largest = 0;
  for (std::size_t text = 0; text < a.size(); ++text) {
    EXPECT_EQ(a[text].losses.size(), b[text].losses.size());
    for (std::size_t at = 0; at < a[text].losses.size(); ++at) {
      EXPECT_TRUE(std::isfinite(a[text].losses[at]) && std::isfinite(b[text].losses[at]));
      largest = std::max(largest, std::abs(static_cast<double>(a[text].losses[at]) -
                                           static_cast<double>(b[text].losses[at])));
    }
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
  const test::RandomFolder folder_{GetParam()};
  const std::vector<std::vector<std::int32_t>> texts_ = test::random_texts(301);
};

}  // namespace winnow::model
