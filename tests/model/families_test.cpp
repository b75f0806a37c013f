// Every family with random weights: what must not change a number. That the numbers are right is
// shown against transformers (parity_test.py).
#include <iostream>

#include "families.hpp"

namespace winnow::model {
namespace {

bool equal_bits(const std::vector<SegmentResult>& a, const std::vector<SegmentResult>& b) {
  for (std::size_t text = 0; text < a.size(); ++text)
    if (a[text].losses != b[text].losses || a[text].embedding != b[text].embedding ||
        a[text].logits != b[text].logits)
      return false;
  return a.size() == b.size();
}

TEST_P(Families, BatchesOfOneGiveWhatOneBatchGives) {
  const auto model = load({.precision = Precision::fp32});
  const Differences found = largest_differences(run(*model, texts_, 1), run(*model, texts_, 100));
  EXPECT_LT(found.losses, 1e-5);
  EXPECT_LT(found.embeddings, 2e-5);
  EXPECT_LT(found.logits, 2e-5);
}

TEST_P(Families, ThreadsChangeNoBitInBf16) {
  const auto one = run(*load({.precision = Precision::bf16, .threads = 1}), texts_, 4);
  const auto two = run(*load({.precision = Precision::bf16, .threads = 2}), texts_, 4);
  EXPECT_TRUE(equal_bits(one, two));
}

TEST_P(Families, AnswersAreTheLikeliestTokensOfTheModelThatScores) {
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    const double gap =
        largest_gap(*load({.precision = precision}), answers({.precision = precision}));
    std::cout << (precision == Precision::fp32 ? "fp32" : "bf16") << ": largest gap " << gap
              << "\n";
    EXPECT_LT(gap, precision == Precision::fp32 ? 1e-4 : 0.02);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Families, ::testing::ValuesIn(test::family_configs()), name_of);

}  // namespace
}  // namespace winnow::model
