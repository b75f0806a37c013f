#include "scoring/answer_text.hpp"

#include <gtest/gtest.h>

#include "tokenizer/tiny_tokenizer.hpp"

namespace winnow::scoring {
namespace {

using Ids = std::vector<std::int32_t>;

class AnswerTexts : public testing::Test {
 protected:
  /// "<end>" is 261, "hello" 259, " hello" 260; every byte its own id.
  tokenizer::Tokenizer tokenizer_ = test::TinyTokenizer().load();

  AnswerText cut(const Ids& ids, const std::vector<std::string>& stops) {
    return answer_text(tokenizer_, ids, stops);
  }
};

TEST_F(AnswerTexts, AreWholeWithoutAStopString) {
  EXPECT_EQ(cut({259, 260, '!'}, {}).text, "hello hello!");
  EXPECT_EQ(cut({259, 260, '!'}, {"?"}).ids, (Ids{259, 260, '!'}));
}

TEST_F(AnswerTexts, LeaveSpecialTokensOut) {
  EXPECT_EQ(cut({259, 261, '!'}, {}).text, "hello!");
  EXPECT_EQ(cut({259, 261, '!'}, {}).ids, (Ids{259, 261, '!'}));
}

TEST_F(AnswerTexts, EndBetweenTokens) {
  const AnswerText answer = cut({259, '!', '\n', '\n'}, {"\n\n"});
  EXPECT_EQ(answer.text, "hello!");
  EXPECT_EQ(answer.ids, (Ids{259, '!'}));
}

TEST_F(AnswerTexts, EndInsideATokenWhichIsTheLastOfTheIds) {
  const AnswerText answer = cut({'a', 260}, {"lo"});
  EXPECT_EQ(answer.text, "a hel");
  EXPECT_EQ(answer.ids, (Ids{'a', 260}));
}

TEST_F(AnswerTexts, EndAtTheFirstOfSeveral) {
  EXPECT_EQ(cut({259, 'x', 'y'}, {"y", "x"}).text, "hello");
  EXPECT_EQ(cut({259}, {"hello"}).text, "");
  EXPECT_TRUE(cut({259}, {"hello"}).ids.empty());
}

TEST_F(AnswerTexts, StopAtSpecialTokensByTheirText) {
  EXPECT_TRUE(holds_stop_string(tokenizer_, Ids{259, 261}, std::vector<std::string>{"<end>"}));
  EXPECT_EQ(cut({261, 259, 261}, {"<end>"}).text, "");
  EXPECT_EQ(cut({259, 261, 'x', '!'}, {"!"}).text, "hellox");
  EXPECT_FALSE(holds_stop_string(tokenizer_, Ids{259}, std::vector<std::string>{}));
}

TEST_F(AnswerTexts, KeepWholeCharactersBeforeTheCut) {
  // U+20AC in three tokens, then the stop string.
  const AnswerText answer = cut({0xE2, 0x82, 0xAC, '.'}, {"."});
  EXPECT_EQ(answer.text, "\xE2\x82\xAC");
  EXPECT_EQ(answer.ids, (Ids{0xE2, 0x82, 0xAC}));
}

TEST_F(AnswerTexts, StopIdsAreThoseOfFolderAndTemplate) {
  const auto plain = data::make_template("alpaca", {});
  EXPECT_EQ(stop_ids(tokenizer_, *plain, {7, 3, 7}), (Ids{3, 7}));
  test::TinyTokenizer with_close;
  with_close.added_tokens =
      R"({"id": 261, "content": "<|im_end|>", "special": true, "normalized": false})";
  const auto chat = data::make_template("chatml", {});
  EXPECT_EQ(stop_ids(with_close.load(), *chat, {7}), (Ids{7, 261}));
  EXPECT_EQ(stop_ids(tokenizer_, *chat, {7}), (Ids{7}));
}

}  // namespace
}  // namespace winnow::scoring
