#include "model/language_model.hpp"

#include <cmath>

#include "model_folder.hpp"
#include "random_folder.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::model {
namespace {

using test::model_error;
using test::safetensors_of;
using test::tiny_config;
using test::tiny_tensors;
using test::TinyTensor;

struct TinyFolder {
  test::TemporaryFolder folder;
  TinyFolder(const nlohmann::json& config, const std::vector<TinyTensor>& tensors) {
    test::write(folder.path() / "config.json", config.dump());
    test::write(folder.path() / "model.safetensors", safetensors_of(tensors));
  }
  [[nodiscard]] std::unique_ptr<CausalLanguageModel> load(
      Precision precision = Precision::fp32) const {
    return load_causal_language_model(folder.path(), {.precision = precision});
  }
  [[nodiscard]] std::string failure() const {
    return model_error([&] { static_cast<void>(load()); });
  }
};

TEST(LanguageModel, OfZerosFindsEveryTokenEquallyLikely) {
  const TinyFolder tiny(tiny_config(), tiny_tensors());
  const auto model = tiny.load();
  EXPECT_EQ(model->info().parameters, 88U + 8 + 64 + 32 + 32 + 64 + 8 + 3 * 96 + 8);
  EXPECT_EQ(model->info().max_positions, 32U);
  const std::vector<std::int32_t> ids = {1, 2, 3, 10};
  const std::vector<SegmentResult> results =
      model->run(std::vector<Segment>{{ids, 1, 4}, {ids, 4, 4}, {ids, 2, 3}});
  ASSERT_EQ(results[0].losses.size(), 3U);
  for (const float loss : results[0].losses) EXPECT_NEAR(loss, std::log(11.0), 1e-6);
  EXPECT_TRUE(results[1].losses.empty());
  EXPECT_EQ(results[2].losses.size(), 1U);
  EXPECT_TRUE(results[0].embedding.empty());
  EXPECT_TRUE(results[0].logits.empty());
  EXPECT_TRUE(model->run({}).empty());
}

TEST(LanguageModel, GivesEachSegmentWhatItAsksFor) {
  const test::RandomFolder folder(test::family_configs().front());
  const auto model = load_causal_language_model(folder.path(), {.precision = Precision::fp32});
  const std::vector<std::int32_t> ids = {1, 2, 3, 10}, candidates = {4, 5};
  Segment embedded{ids};
  embedded.pooled = 2;
  Segment averaged{ids};
  averaged.pooled = 2;
  averaged.pooling = Pooling::mean;
  Segment first{ids};
  first.pooled = 1;
  Segment predicted{ids, 2, 4};
  predicted.candidates = candidates;
  const std::vector<SegmentResult> results =
      model->run(std::vector<Segment>{embedded, predicted, {ids}, averaged, first});
  ASSERT_EQ(results[0].embedding.size(), 60U);
  EXPECT_TRUE(results[0].losses.empty());
  EXPECT_TRUE(results[0].logits.empty());
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_NE(results[0].embedding[i], results[4].embedding[i]);
    EXPECT_NEAR(results[3].embedding[i], (results[0].embedding[i] + results[4].embedding[i]) / 2,
                1e-5);
  }
  EXPECT_TRUE(results[1].embedding.empty());
  EXPECT_TRUE(results[2].losses.empty());
  ASSERT_EQ(results[1].losses.size(), 2U);
  ASSERT_EQ(results[1].logits.size(), 2U);

  // ln p(4) - ln p(5) behind the text is the difference of their logits.
  std::vector<float> losses;
  for (const std::int32_t candidate : candidates) {
    const std::vector<std::int32_t> followed = {1, 2, 3, 10, candidate};
    const auto scored = model->run(std::vector<Segment>{{followed, 2, 5}});
    ASSERT_EQ(scored[0].losses.size(), 3U);
    EXPECT_NEAR(scored[0].losses[0], results[1].losses[0], 1e-5);
    EXPECT_NEAR(scored[0].losses[1], results[1].losses[1], 1e-5);
    losses.push_back(scored[0].losses[2]);
  }
  EXPECT_NE(losses[0], losses[1]);
  EXPECT_NEAR(results[1].logits[0] - results[1].logits[1], losses[1] - losses[0], 1e-4);
}

TEST(LanguageModel, NamesTheTensorThatIsMissingUnexpectedOrOfWrongShape) {
  std::vector<TinyTensor> tensors = tiny_tensors();
  tensors.pop_back();
  EXPECT_NE(
      TinyFolder(tiny_config(), tensors).failure().find("tensor `model.norm.weight` is missing"),
      std::string::npos);
  tensors = tiny_tensors();
  tensors.push_back({"model.layers.1.mlp.up_proj.weight", {12, 8}});
  EXPECT_NE(TinyFolder(tiny_config(), tensors)
                .failure()
                .find("`model.layers.1.mlp.up_proj.weight` is not part"),
            std::string::npos);
  tensors = tiny_tensors();
  tensors[3].shape = {8, 8};
  EXPECT_NE(TinyFolder(tiny_config(), tensors)
                .failure()
                .find("`model.layers.0.self_attn.k_proj.weight` has shape [8, 8], expected [4, 8]"),
            std::string::npos);
}

TEST(LanguageModel, NamesTheFileOfATensorOfAnotherType) {
  const TinyFolder tiny(tiny_config(), tiny_tensors());
  std::string bytes = safetensors_of(tiny_tensors());
  bytes.replace(bytes.find("F32"), 3, "I32");
  test::write(tiny.folder.path() / "model.safetensors", bytes);
  const std::string message = tiny.failure();
  EXPECT_NE(message.find("/model.safetensors: tensor `"), std::string::npos) << message;
  EXPECT_NE(message.find("is of type I32, expected F32, F16 or BF16"), std::string::npos);
}

TEST(LanguageModel, WithAnOwnHeadNeedsItsTensor) {
  nlohmann::json config = tiny_config();
  config["tie_word_embeddings"] = false;
  EXPECT_NE(TinyFolder(config, tiny_tensors()).failure().find("tensor `lm_head.weight` is missing"),
            std::string::npos);
  std::vector<TinyTensor> tensors = tiny_tensors();
  tensors.push_back({"lm_head.weight", {11, 8}});
  EXPECT_NO_THROW(static_cast<void>(TinyFolder(config, tensors).load()));
  EXPECT_NO_THROW(static_cast<void>(TinyFolder(tiny_config(), tensors).load()))
      << "a tied head may be repeated";
}

TEST(LanguageModel, RefusesForeignTokens) {
  const TinyFolder tiny(tiny_config(), tiny_tensors());
  const auto model = tiny.load(Precision::bf16);
  const std::vector<std::int32_t> ids = {1, 11};
  EXPECT_NE(model_error([&] {
              static_cast<void>(model->run(std::vector<Segment>{{ids, 1, 2}}));
            }).find("token id 11, expected"),
            std::string::npos);
}

TEST(LanguageModel, WithoutTheDeviceAskedForIsAnEnvironmentError) {
  const TinyFolder tiny(tiny_config(), tiny_tensors());
  EXPECT_THROW(static_cast<void>(
                   load_causal_language_model(tiny.folder.path(), {.device = cuda_device_count()})),
               core::EnvironmentError);
}

TEST(LibraryDescription, NamesTheVersion) {
  EXPECT_NE(library_description().find("libtorch "), std::string::npos);
}

}  // namespace
}  // namespace winnow::model
