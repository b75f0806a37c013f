// Every family with random weights: what must not change a number. That the numbers are right is
// shown against transformers (parity_test.py).
#include "families.hpp"

namespace winnow::model {
namespace {

bool equal_bits(const std::vector<SegmentResult>& a, const std::vector<SegmentResult>& b) {
  for (std::size_t text = 0; text < a.size(); ++text)
    if (a[text].losses != b[text].losses || a[text].embedding != b[text].embedding) return false;
  return a.size() == b.size();
}

TEST_P(Families, BatchesOfOneGiveWhatOneBatchGives) {
  const auto model = load({.precision = Precision::fp32});
  EXPECT_LT(largest_difference(run(*model, texts_, 1), run(*model, texts_, 100)), 1e-5);
}

TEST_P(Families, ThreadsChangeNoBitInBf16) {
  const auto one = run(*load({.precision = Precision::bf16, .threads = 1}), texts_, 4);
  const auto two = run(*load({.precision = Precision::bf16, .threads = 2}), texts_, 4);
  EXPECT_TRUE(equal_bits(one, two));
}

INSTANTIATE_TEST_SUITE_P(All, Families, ::testing::ValuesIn(test::family_configs()), name_of);

}  // namespace
}  // namespace winnow::model
