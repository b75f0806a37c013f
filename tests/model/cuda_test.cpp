// The same numbers on a CUDA device as on the CPU; skipped where there is none.
#include "families.hpp"
#include "model/text_encoder.hpp"

namespace winnow::model {
namespace {

using FamiliesOnCuda = Families;

TEST_P(FamiliesOnCuda, AreTheSameOnCuda) {
  if (cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device";
  const auto on_cpu = run(*load({.precision = Precision::fp32}), texts_, 100);
  EXPECT_LT(largest_difference(
                on_cpu, run(*load({.precision = Precision::fp32, .device = 0}), texts_, 100)),
            1e-3);
  EXPECT_LT(largest_difference(
                on_cpu, run(*load({.precision = Precision::bf16, .device = 0}), texts_, 100)),
            0.5);
}

INSTANTIATE_TEST_SUITE_P(All, FamiliesOnCuda, ::testing::ValuesIn(test::family_configs()), name_of);

std::vector<float> embed(TextEncoder& encoder,
                         const std::vector<std::vector<std::int32_t>>& texts) {
  return encoder.embed(std::vector<std::span<const std::int32_t>>(texts.begin(), texts.end()));
}

TEST(Encoder, IsTheSameOnCuda) {
  if (cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device";
  nlohmann::json config = test::family_configs().front();
  config["architectures"] = {"BertModel"};
  config["num_key_value_heads"] = 6;
  const test::RandomFolder folder(config);
  const auto texts = test::random_texts(301);
  const auto cpu = embed(*load_text_encoder(folder.path(), {.precision = Precision::fp32}), texts);
  const auto cuda =
      embed(*load_text_encoder(folder.path(), {.precision = Precision::fp32, .device = 0}), texts);
  for (std::size_t at = 0; at < cpu.size(); ++at) EXPECT_NEAR(cpu[at], cuda[at], 1e-3);
}

}  // namespace
}  // namespace winnow::model
