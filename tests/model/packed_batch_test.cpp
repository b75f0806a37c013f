#include "model/packed_batch.hpp"

#include "model_folder.hpp"

namespace winnow::model {
namespace {

using Numbers = std::vector<std::int64_t>;

ModelInfo small_model() {
  ModelInfo model;
  model.folder = "models/tiny";
  model.vocabulary_size = 10;
  model.max_positions = 6;
  return model;
}

const ModelInfo kModel = small_model();

TEST(PackedBatch, KeepsOnlyTokensThatPredictSomething) {
  const std::vector<std::int32_t> a = {1, 2, 3, 4}, b = {5, 6, 7};
  const std::vector<Segment> batch = {{a, 2, 4}, {b, 3, 3}, {b, 1, 2}};
  const PackedBatch packed = pack(batch, kModel, 1, Sharing::none);
  EXPECT_EQ(packed.ids, (Numbers{1, 2, 3, 5}));
  EXPECT_EQ(packed.positions, (Numbers{0, 1, 2, 0}));
  EXPECT_EQ(packed.scored_rows, (Numbers{1, 2, 3}));
  EXPECT_EQ(packed.predictors, (Numbers{0, 1, 2}));
  EXPECT_EQ(packed.targets, (Numbers{3, 4, 6}));
  EXPECT_EQ(packed.owners, (std::vector<std::size_t>{0, 0, 2}));
  EXPECT_EQ(packed.positions_used, 3);
}

TEST(PackedBatch, IsFilledUpToTheFewestRows) {
  const std::vector<std::int32_t> ids = {1, 2};
  const PackedBatch packed =
      pack(std::vector<Segment>{{ids, 1, 2}}, kModel, 16, Sharing::common_beginning);
  EXPECT_EQ(packed.ids.size(), 16U);
  EXPECT_EQ(packed.targets.size(), 16U);
  EXPECT_EQ(packed.owners.size(), 1U);
  EXPECT_TRUE(pack({}, kModel, 16, Sharing::common_beginning).ids.empty());
}

TEST(PackedBatch, RunsACommonBeginningOnce) {
  ModelInfo model = small_model();
  model.max_positions = 20;
  const std::vector<std::int32_t> a = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1},
                                  b = {1, 2, 3, 4, 5, 6, 7, 8, 2, 3, 4};
  const std::vector<Segment> batch = {{a, 9, 10}, {b, 3, 11}, {a, 10, 10}};
  const PackedBatch packed = pack(batch, model, 1, Sharing::common_beginning);
  EXPECT_EQ(packed.shared, 8);
  EXPECT_EQ(packed.ids, (Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3}));
  EXPECT_EQ(packed.positions, (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9}));
  EXPECT_EQ(packed.scored_rows, (Numbers{8, 2, 3, 4, 5, 6, 7, 9, 10}));
  EXPECT_EQ(packed.targets, (Numbers{1, 4, 5, 6, 7, 8, 2, 3, 4}));
  ASSERT_EQ(packed.segments.size(), 2U);
  EXPECT_EQ(packed.segments[1].begin, 9);
  EXPECT_EQ(packed.segments[1].length, 2);
}

TEST(PackedBatch, WantsEveryRowOnceWhateverIsAskedOfIt) {
  ModelInfo model = small_model();
  model.max_positions = 20;
  const std::vector<std::int32_t> a = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1},
                                  b = {1, 2, 3, 4, 5, 6, 7, 8, 2, 3, 4}, digits = {5, 6};
  Segment mean{a, 2, 4};
  mean.pooled = 10;
  mean.pooling = Pooling::mean;
  Segment last{b, 9, 10};
  last.pooled = 9;
  last.candidates = digits;
  const PackedBatch packed =
      pack(std::vector<Segment>{mean, last}, model, 1, Sharing::common_beginning);
  EXPECT_EQ(packed.shared, 8);
  EXPECT_EQ(packed.ids, (Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4}));
  EXPECT_EQ(packed.scored_rows, (Numbers{1, 2, 0, 3, 4, 5, 6, 7, 8, 9, 10, 12}));
  EXPECT_EQ(packed.predictors, (Numbers{0, 1, 10}));
  EXPECT_EQ(packed.targets, (Numbers{3, 4, 3}));
  ASSERT_EQ(packed.pooled.size(), 2U);
  EXPECT_EQ(packed.pooled[0].rows, (Numbers{2, 0, 1, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(packed.pooled[1].rows, (Numbers{10}));
  ASSERT_EQ(packed.last.size(), 1U);
  EXPECT_EQ(packed.last[0].owner, 1U);
  EXPECT_EQ(packed.last[0].row, 11);
}

TEST(PackedBatch, LeavesEverySegmentARowOfItsOwn) {
  ModelInfo model = small_model();
  model.max_positions = 20;
  const std::vector<std::int32_t> ids = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
  const PackedBatch packed =
      pack(std::vector<Segment>{{ids, 1, 12}, {ids, 1, 10}}, model, 1, Sharing::common_beginning);
  EXPECT_EQ(packed.shared, 8);
  EXPECT_EQ(packed.segments[0].length, 3);
  EXPECT_EQ(packed.segments[1].length, 1);
  EXPECT_EQ(
      pack(std::vector<Segment>{{ids, 1, 12}, {ids, 1, 9}}, model, 1, Sharing::common_beginning)
          .shared,
      0);
}

TEST(PackedBatch, RefusesForeignTokensAndTooLongSegments) {
  const std::vector<std::int32_t> foreign = {1, 10}, negative = {-1, 1},
                                  longer = {1, 2, 3, 4, 5, 6, 7};
  const auto message = [](const std::vector<std::int32_t>& ids) {
    return test::model_error([&] {
      static_cast<void>(
          pack(std::vector<Segment>{{ids, 1, 2}}, kModel, 16, Sharing::common_beginning));
    });
  };
  EXPECT_NE(message(foreign).find("models/tiny: token id 10, expected one of the vocabulary of 10"),
            std::string::npos);
  EXPECT_NE(message(negative).find("token id -1"), std::string::npos);
  EXPECT_NE(message(longer).find("models/tiny: a text of 7 tokens, expected at most 6"),
            std::string::npos);
}

}  // namespace
}  // namespace winnow::model
