#include "model/packed_batch.hpp"

#include "model_folder.hpp"

namespace winnow::model {
namespace {

using Numbers = std::vector<std::int64_t>;

ModelInfo small_model() {
  ModelInfo model;
  model.architecture = "LlamaForCausalLM";
  model.vocabulary_size = 10;
  model.max_positions = 6;
  return model;
}

const ModelInfo kModel = small_model();

TEST(PackedBatch, KeepsOnlyTokensThatPredictSomething) {
  const std::vector<std::int32_t> a = {1, 2, 3, 4}, b = {5, 6, 7};
  const std::vector<Segment> batch = {{a, 2, 4}, {b, 3, 3}, {b, 1, 2}};
  const PackedBatch packed = pack(batch, kModel, 1);
  EXPECT_EQ(packed.ids, (Numbers{1, 2, 3, 5}));
  EXPECT_EQ(packed.positions, (Numbers{0, 1, 2, 0}));
  EXPECT_EQ(packed.scored_rows, (Numbers{1, 2, 3}));
  EXPECT_EQ(packed.targets, (Numbers{3, 4, 6}));
  EXPECT_EQ(packed.owners, (std::vector<std::size_t>{0, 0, 2}));
  EXPECT_EQ(packed.longest, 3);
}

TEST(PackedBatch, IsFilledUpToTheFewestRows) {
  const std::vector<std::int32_t> ids = {1, 2};
  const PackedBatch packed = pack(std::vector<Segment>{{ids, 1, 2}}, kModel, 16);
  EXPECT_EQ(packed.ids.size(), 16U);
  EXPECT_EQ(packed.targets.size(), 16U);
  EXPECT_EQ(packed.owners.size(), 1U);
  EXPECT_TRUE(pack({}, kModel, 16).ids.empty());
}

TEST(PackedBatch, RefusesForeignTokensAndTooLongSegments) {
  const std::vector<std::int32_t> foreign = {1, 10}, negative = {-1, 1}, longer = {1, 2, 3, 4, 5, 6, 7};
  const auto message = [](const std::vector<std::int32_t>& ids) {
    return test::model_error([&] { static_cast<void>(pack(std::vector<Segment>{{ids, 1, 2}}, kModel, 16)); });
  };
  EXPECT_NE(message(foreign).find("token id 10 is outside the model's vocabulary of 10"), std::string::npos);
  EXPECT_NE(message(negative).find("token id -1"), std::string::npos);
  EXPECT_NE(message(longer).find("7 tokens, LlamaForCausalLM takes at most 6"), std::string::npos);
}

}  // namespace
}  // namespace winnow::model
