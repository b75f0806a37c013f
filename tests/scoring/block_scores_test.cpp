#include "scoring/block_scores.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace winnow::scoring {
namespace {

BlockScores sample() {
  BlockScores block;
  block.block = 7;
  block.rows.resize(3);
  block.rows[1].nll_cond_sum = 1.25;
  block.rows[1].n_tokens = 9;
  block.rows[1].status_cond = core::ScoreStatus::ok;
  block.rows[2].status_direct = core::ScoreStatus::bad_row;
  return block;
}

TEST(BlockScores, ReadsBackWhatWasWritten) {
  const BlockScores read = deserialize_block(serialize(sample()));
  EXPECT_EQ(read.block, 7U);
  EXPECT_EQ(read.rows, sample().rows);
}

TEST(BlockScores, RefusesEveryOtherLength) {
  const std::string bytes = serialize(sample());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW((void)deserialize_block(std::string_view(bytes).substr(0, length)),
                 core::ModelError)
        << length;
  EXPECT_THROW((void)deserialize_block(bytes + "x"), core::ModelError);
}

}  // namespace
}  // namespace winnow::scoring
