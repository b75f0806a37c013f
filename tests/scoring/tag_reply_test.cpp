#include "scoring/tag_reply.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scoring/tag_name.hpp"
#include "scoring/tag_prompt.hpp"

namespace winnow::scoring {
namespace {

TEST(TagReply, WrittenRepliesGoodAndBad) {
  std::ifstream file(WINNOW_SOURCE_DIR "/tests/scoring/tag_replies.jsonl");
  int replies = 0;
  for (std::string line; std::getline(file, line); ++replies) {
    const auto row = nlohmann::json::parse(line);
    const auto found = parse_tag_reply(row.at("reply").get<std::string>());
    nlohmann::json names;
    if (found) {
      names = nlohmann::json::array();
      for (const Tag& tag : *found) names.push_back(tag.name);
    }
    EXPECT_EQ(names, row.at("tags")) << row.at("what");
  }
  EXPECT_GE(replies, 40);
}

TEST(TagReply, ExplanationsComeAlong) {
  const std::vector<Tag> both = {{"Math", "sums"}, {"Logic", ""}};
  EXPECT_EQ(parse_tag_reply(R"([{"explanation": " sums ", "tag": "Math"}, {"tag": "Logic"}])"),
            both);
  EXPECT_EQ(parse_tag_reply("- **Math**: sums\n- Logic"), both);
  EXPECT_EQ(parse_tag_reply(R"([{"tag": "Math", "explanation": "sums"}, {"tag": "Logic", )"
                            R"("explanation": "cut sh)"),
            both);
}

TEST(TagReply, LongDamagedRepliesAreReadQuickly) {
  std::string reply;
  for (int i = 0; i < 20000; ++i) reply += i % 2 == 0 ? "[{\"tag\" \"" : "' {, ";
  static_cast<void>(parse_tag_reply(reply));
}

TEST(TagName, IsLoweredStrippedAndStemmed) {
  EXPECT_EQ(normalized_tag("Spelling & Grammar-Checking"), "spell grammar check");
  EXPECT_EQ(normalized_tag("creative_writing"), "creativ write");
  EXPECT_EQ(normalized_tag("  SEO optimization!! "), "seo optim");
  EXPECT_EQ(normalized_tag("Information Retrieval"), "inform retriev");
  EXPECT_EQ(normalized_tag("C++ programming"), "c program");
  EXPECT_EQ(normalized_tag("relational databases"), "relat databas");
  EXPECT_EQ(normalized_tag("happily ever after"), "happili ever after");
  EXPECT_EQ(normalized_tag("\xC3\x89tude"), "\xC3\xA9tude");
  EXPECT_EQ(normalized_tag("\xE7\xBF\xBB\xE8\xAF\x91"), "\xE7\xBF\xBB\xE8\xAF\x91");
  EXPECT_EQ(normalized_tag("!?"), "");
}

TEST(TagName, EachCountsOnce) {
  const std::vector<Tag> tags = {
      {"Data Analysis", ""}, {"data-analysis", ""}, {"...", ""}, {"Math", ""}};
  EXPECT_EQ(normalized_tags(tags), (std::vector<std::string>{"data analysi", "math"}));
}

TEST(TagPrompt, HoldsTheQuery) {
  EXPECT_NE(instag_prompt("Why?").find("[begin]\nWhy?\n[end]"), std::string::npos);
  EXPECT_TRUE(instagger_prompt("Why?").ends_with("\nUser query: Why?"));
}

}  // namespace
}  // namespace winnow::scoring
