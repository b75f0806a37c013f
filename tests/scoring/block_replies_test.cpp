#include "scoring/block_replies.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace winnow::scoring {
namespace {

BlockReplies sample_block() {
  Reply answered;
  answered.end = ReplyEnd::stop_string;
  answered.prompt_tokens = 12;
  answered.ids = {5, 70000, 0};
  answered.text = "na\xC3\xAFve";
  Reply refused;
  refused.status = ReplyStatus::prompt_too_long;
  refused.prompt_tokens = 9000;
  return {7, 99, {answered, refused, {}}};
}

TEST(BlockReplies, ComeBackAsTheyWere) {
  const BlockReplies block = sample_block();
  const BlockReplies read = deserialize_replies(serialize(block));
  EXPECT_EQ(read.header.block, 7U);
  EXPECT_EQ(read.header.content, 99U);
  EXPECT_EQ(read.rows, block.rows);
}

TEST(BlockReplies, DamagedBytesAreAModelError) {
  const std::string bytes = serialize(sample_block());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW(static_cast<void>(deserialize_replies(bytes.substr(0, length))), core::ModelError);
  EXPECT_THROW(static_cast<void>(deserialize_replies(bytes + "x")), core::ModelError);
  std::string many_rows = bytes;
  many_rows[23] = '\x7F';
  EXPECT_THROW(static_cast<void>(deserialize_replies(many_rows)), core::ModelError);
  std::string unknown_status = bytes;
  unknown_status[24] = 99;
  EXPECT_THROW(static_cast<void>(deserialize_replies(unknown_status)), core::ModelError);
}

}  // namespace
}  // namespace winnow::scoring
