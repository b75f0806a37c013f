#include "tokenizer/regular_expression.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tokenizer/recent_characters.hpp"

namespace winnow::tokenizer {
namespace {

std::vector<ByteSpan> matches(std::string_view pattern, std::string_view text) {
  return RegularExpression(pattern, "here").matches(text);
}
using Spans = std::vector<ByteSpan>;

TEST(RegularExpression, FindsMatchesFromLeftToRight) {
  EXPECT_EQ(matches(R"(\p{L}+|\s+(?!\S)|\s+)", "ab  \xC3\xA4"),
            (Spans{{0, 2}, {2, 3}, {3, 4}, {4, 6}}));
}

TEST(RegularExpression, FoldsCaseBeyondAscii) {
  EXPECT_EQ(matches("(?i:'s)", "'\xC5\xBF 'S"), (Spans{{0, 3}, {4, 6}}));
}

TEST(RegularExpression, WhiteSpaceIsUnicodes) {
  EXPECT_EQ(matches(R"(\s)", "\xC2\xA0"), (Spans{{0, 2}}));
  EXPECT_EQ(matches(R"([\s])", "\xC2\x85"), (Spans{{0, 2}}));
  EXPECT_EQ(matches(R"(\s)", "\xE1\xA0\x8E"), (Spans{}));  // U+180E, white space to PCRE2
  EXPECT_EQ(matches(R"(\S)", "\xE1\xA0\x8E"), (Spans{{0, 3}}));
}

TEST(RegularExpression, EmptyMatchesAdvance) {
  EXPECT_EQ(matches("a*", "ab"), (Spans{{0, 1}, {2, 2}}));
}

TEST(RegularExpression, RefusesWhatMeansSomethingElseElsewhere) {
  for (const char* pattern : {"a{1,2}+", "\\w", "\\b", ".", "^a", "a$", "[[a]]", "(?<n>a)", "\\pL"})
    EXPECT_THROW(RegularExpression(pattern, "here"), core::ModelError) << pattern;
}

TEST(RegularExpression, StopsWhenAPatternExplodes) {
  EXPECT_THROW(matches("(?:a+)+b", std::string(60, 'a') + "c b"), core::DataError);
}

TEST(RegularExpression, NewCharactersHaveStandInsOfTheirKind) {
  EXPECT_EQ(stand_in_for(U'a'), std::nullopt);
  EXPECT_EQ(stand_in_for(0x31350), char32_t{0x20000});  // CJK Extension H
  EXPECT_EQ(stand_in_for(0x2FFC), char32_t{0x2300});    // ideographic description, a symbol
  EXPECT_EQ(with_stand_ins("a\xF0\xB1\x8D\x90z"), "a\xF0\xA0\x80\x80z");
}

}  // namespace
}  // namespace winnow::tokenizer
