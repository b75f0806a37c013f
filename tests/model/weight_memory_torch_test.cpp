#include "model/weight_memory_torch.hpp"

#include "random_folder.hpp"

namespace winnow::model {
namespace {

WeightMemory memory(const test::RandomFolder& folder, Arithmetic arithmetic, Widening widening) {
  return weight_memory(folder.config(), std::make_shared<WeightFiles>(folder.path()), arithmetic,
                       widening);
}

constexpr std::uint64_t kLayers = 3, kWidth = 60, kInner = 92, kVocabulary = 301, kKeys = 20;
constexpr std::uint64_t kQkv = kLayers * kWidth * (kWidth + 2 * kKeys);
constexpr std::uint64_t kGateUp = kLayers * 2 * kInner * kWidth;
constexpr std::uint64_t kOtherMatrices =
    2 * kVocabulary * kWidth + kLayers * (kWidth * kWidth + kInner * kWidth);
constexpr std::uint64_t kMatrices = kQkv + kGateUp + kOtherMatrices;
constexpr std::uint64_t kNorms = (2 * kLayers + 1) * kWidth;

TEST(WeightMemory, OfALlamaIsWhatItsLoadingCopies) {
  const nlohmann::json llama = test::family_configs().front();
  const test::RandomFolder floats(llama), halves(llama, test::FileType::bf16);

  WeightMemory found = memory(floats, Arithmetic::fp32, Widening::at_each_product);
  EXPECT_EQ(found.own, 4 * (kQkv + kGateUp)) << "matrices that are brought together";
  EXPECT_EQ(found.shared, 4 * (kOtherMatrices + kNorms));

  found = memory(halves, Arithmetic::bf16, Widening::at_each_product);
  EXPECT_EQ(found.own, 2 * (kQkv + kGateUp) + 4 * kNorms);
  EXPECT_EQ(found.shared, 2 * kOtherMatrices);

  found = memory(halves, Arithmetic::bf16_widened, Widening::at_each_product);
  EXPECT_EQ(found.own, 4 * kNorms + 4 * kWidth * 2 * kInner) << "the largest product is widened";
  EXPECT_EQ(found.shared, 2 * kMatrices);

  found = memory(halves, Arithmetic::bf16_widened, Widening::when_loaded);
  EXPECT_EQ(found.own, 4 * (kMatrices - kVocabulary * kWidth + kNorms));
  EXPECT_EQ(found.shared, 2 * kVocabulary * kWidth) << "the embedding";

  found = memory(floats, Arithmetic::bf16, Widening::at_each_product);
  EXPECT_EQ(found.own, 2 * kMatrices);
  EXPECT_EQ(found.shared, 4 * kNorms);
}

class WeightMemoryOf : public ::testing::TestWithParam<nlohmann::json> {};

TEST_P(WeightMemoryOf, EqualsWhatLoadingTakes) {
  for (const test::FileType type : {test::FileType::f32, test::FileType::bf16}) {
    const test::RandomFolder folder(GetParam(), type);
    for (const Arithmetic arithmetic :
         {Arithmetic::fp32, Arithmetic::bf16, Arithmetic::bf16_widened})
      for (const Widening widening : {Widening::at_each_product, Widening::when_loaded}) {
        std::vector<at::Tensor> mapped;
        const auto files = std::make_shared<WeightFiles>(folder.path());
        const DecoderWeights weights =
            load_widened_weights(folder.config(), files, arithmetic, at::kCPU, widening, &mapped);
        const WeightMemory taken = memory_of(weights, mapped);
        const WeightMemory foretold = memory(folder, arithmetic, widening);
        const bool widens =
            arithmetic == Arithmetic::bf16_widened && widening == Widening::at_each_product;
        EXPECT_EQ(foretold.shared, taken.shared);
        const std::uint64_t more = foretold.own - taken.own;
        EXPECT_TRUE(widens ? more > 0 && more < taken.own + taken.shared : more == 0) << more;
      }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, WeightMemoryOf, ::testing::ValuesIn(test::family_configs()), [](const auto& instance) {
      return instance.param.at("architectures").front().template get<std::string>();
    });

TEST(WeightMemory, IsComparedWithWhatIsFreeForAllProcesses) {
  const test::RandomFolder folder(test::family_configs().front());
  const LoadOptions one{.precision = Precision::fp32};
  LoadOptions many = one;
  many.processes = 1 << 30;
  EXPECT_NO_THROW(expect_memory_for(folder.path(), one, ModelUse::scoring));
  EXPECT_THROW(expect_memory_for(folder.path(), many, ModelUse::scoring), core::EnvironmentError);
}

}  // namespace
}  // namespace winnow::model
