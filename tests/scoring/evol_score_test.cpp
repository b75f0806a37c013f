#include "scoring/evol_score.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::scoring {
namespace {

using Role = data::Turn::Role;

TEST(UserTurns, ComeWithTheReplyThatFollowsOrNone) {
  const data::Sample sample{.system = "s",
                            .history = {{Role::user, "a"},
                                        {Role::assistant, "b"},
                                        {Role::user, "c"},
                                        {Role::user, "d"},
                                        {Role::assistant, "e"},
                                        {Role::assistant, "f"}},
                            .instruction = "g",
                            .input = "h",
                            .output = "i"};
  const std::vector<UserTurn> turns = user_turns(sample, "+");
  ASSERT_EQ(turns.size(), 4U);
  const auto expect = [](const UserTurn& turn, const char* query, const char* reply) {
    EXPECT_EQ(turn.query, query);
    EXPECT_EQ(turn.reply, reply);
  };
  expect(turns[0], "a", "b");
  expect(turns[1], "c", "");
  expect(turns[2], "d", "e");
  expect(turns[3], "g+h", "i");
}

TEST(EvolPrompts, AreThePublishedOnesToTheSpace) {
  EXPECT_EQ(complexity_prompt("{q}"),
            "You are a helpful assistant. Please identify the complexity score of the following "
            "user query. \n##Query: {q}  \n##Complexity: ");
  EXPECT_EQ(quality_prompt("{q}", "{r}"),
            "You are a helpful assistant. Please identify the quality score of the Response "
            "corresponding to the Question. \n #Question#:\n{q}\n#Response#:\n{r} \n##Quality: ");
}

TEST(ExpectedDigit, IsTheMeanOfTheDigitsUnderTheSoftmax) {
  EXPECT_DOUBLE_EQ(expected_digit(std::vector<float>{2, 2, 2, 2, 2, 2}), 3.5);
  EXPECT_NEAR(expected_digit(std::vector<float>{-1000, -1000, -1000, -1000, 1000, -1000}), 5,
              1e-12);
  EXPECT_TRUE(std::isnan(
      expected_digit(std::vector<float>{0, 0, std::numeric_limits<float>::quiet_NaN(), 0, 0, 0})));
}

TEST(DigitTokens, AreNamedWhereTheVocabularyHasNone) {
  const test::TemporaryFolder folder;
  core::write_file(folder.path() / "tokenizer.json", R"({"added_tokens": [], "normalizer": null,
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
      "post_processor": null, "decoder": {"type": "ByteLevel"},
      "model": {"type": "BPE", "vocab": {"1": 0, "2": 1, "4": 2}, "merges": []}})");
  const auto tokenizer = tokenizer::Tokenizer::load(folder.path());
  try {
    (void)digit_tokens(tokenizer);
    FAIL() << "expected a ModelError";
  } catch (const core::ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("the digit 3 is no token"), std::string::npos);
  }
}

}  // namespace
}  // namespace winnow::scoring
