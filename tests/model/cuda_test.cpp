// The same numbers on a CUDA device as on the CPU; skipped where there is none.
#include "families.hpp"
#include "model/text_encoder.hpp"

namespace winnow::model {
namespace {

using FamiliesOnCuda = Families;

const LoadOptions kFp32{.precision = Precision::fp32};
const LoadOptions kBf16{.precision = Precision::bf16};

LoadOptions on_cuda(LoadOptions options) {
  options.device = 0;
  return options;
}

TEST_P(FamiliesOnCuda, ScoreTheSame) {
  if (cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device";
  const auto exact = run(*load(kFp32), texts_, 100);
  const Differences fp32 = largest_differences(exact, run(*load(on_cuda(kFp32)), texts_, 100));
  EXPECT_LT(fp32.losses, 1e-3);
  EXPECT_LT(fp32.embeddings, 1e-3);
  EXPECT_LT(fp32.logits, 1e-3);
  // The CPU may round the inputs of products alone, the device rounds what they give too.
  const Differences cpu = largest_differences(exact, run(*load(kBf16), texts_, 100));
  const Differences cuda = largest_differences(exact, run(*load(on_cuda(kBf16)), texts_, 100));
  EXPECT_LT(cuda.losses, 3 * cpu.losses);
  EXPECT_LT(cuda.embeddings, 3 * cpu.embeddings);
  EXPECT_LT(cuda.logits, 3 * cpu.logits);
}

TEST_P(FamiliesOnCuda, GenerateTheSame) {
  if (cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device";
  EXPECT_LT(largest_gap(*load(kFp32), answers(on_cuda(kFp32))), 1e-3);
  // Two models' roundings: the one that answers and the one that judges.
  const double of_rounding = largest_gap(*load(kFp32), answers(kBf16));
  EXPECT_LT(largest_gap(*load(kFp32), answers(on_cuda(kBf16))), 3 * of_rounding + 0.02);
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
