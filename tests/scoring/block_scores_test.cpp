#include "scoring/block_scores.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace winnow::scoring {
namespace {

BlockScores sample() {
  BlockScores block;
  block.header = {7, 0xF00D};
  block.rows.rows = 3;
  block.rows.add<double>("nll_cond_sum")[1] = 1.25;
  block.rows.add<std::uint32_t>("n_tokens")[1] = 9;
  block.rows.add("status_cond", core::ScoreStatus::bad_row)[1] = core::ScoreStatus::ok;
  block.rows.columns.push_back({"embedding", 2, std::vector<float>{1, 2, 3, 4, 5, 6}});
  block.turns.rows = 1;
  block.turns.columns.push_back({"half", 1, std::vector<core::Half>{core::to_half(0.5F)}});
  block.turns.add<std::string>("reply")[0] = std::string("a\0b\n", 4);
  return block;
}

TEST(BlockScores, ReadsBackWhatWasWritten) {
  const std::string bytes = serialize(sample());
  EXPECT_EQ(deserialize_block(bytes), sample());
  const BlockHeader header = RecordReader(bytes, "a record").header();
  EXPECT_EQ(header.block, 7U);
  EXPECT_EQ(header.content, 0xF00DU);
}

TEST(BlockScores, OfNothingIsOneToo) {
  EXPECT_EQ(deserialize_block(serialize(BlockScores{})), BlockScores{});
}

TEST(BlockScores, RefusesEveryOtherLength) {
  const std::string bytes = serialize(sample());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW((void)deserialize_block(std::string_view(bytes).substr(0, length)),
                 core::ModelError)
        << length;
  EXPECT_THROW((void)deserialize_block(bytes + "x"), core::ModelError);
}

TEST(BlockScores, RefusesWhatNoStatusAndNoTypeIs) {
  std::string bytes = serialize(sample());
  const std::size_t status = bytes.find("status_cond") + std::string("status_cond").size() + 4 + 1;
  bytes[status] = 99;
  EXPECT_THROW((void)deserialize_block(bytes), core::ModelError);
  bytes = serialize(sample());
  bytes[status - 1] = 9;
  EXPECT_THROW((void)deserialize_block(bytes), core::ModelError);
}

TEST(BlockScores, RefusesTextsLongerThanTheRecord) {
  std::string bytes = serialize(sample());
  bytes[bytes.size() - 5] = '\x7F';  // the highest byte of the text's length
  EXPECT_THROW((void)deserialize_block(bytes), core::ModelError);
}

TEST(Table, IsAppendedToColumnByColumn) {
  Table table = sample().rows;
  table.append(sample().rows);
  EXPECT_EQ(table.rows, 6U);
  EXPECT_EQ(table.get<std::uint32_t>("n_tokens"), (std::vector<std::uint32_t>{0, 9, 0, 0, 9, 0}));
  EXPECT_EQ(table.get<float>("embedding").size(), 12U);
  Table other = sample().rows;
  other.columns.pop_back();
  EXPECT_THROW(table.append(other), core::ModelError);
  EXPECT_THROW((void)table.get<double>("n_tokens"), core::ModelError);
  EXPECT_THROW((void)table.get<double>("nowhere"), core::ModelError);
}

}  // namespace
}  // namespace winnow::scoring
