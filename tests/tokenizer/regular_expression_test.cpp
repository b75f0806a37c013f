#include "tokenizer/regular_expression.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tokenizer/recent_characters.hpp"
#include "tokenizer/regular_expression_syntax.hpp"

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

TEST(RegularExpression, AScriptIsNotItsExtensions) {
  EXPECT_EQ(matches(R"(\p{Han}+)", "\xE6\xBC\xA2\xE3\x80\x81"), (Spans{{0, 3}}));  // an ideographic
  EXPECT_EQ(to_pcre2(R"(\p{Katakana}\P{lu}\p{^ Other_Letter})", "").pcre2,         // comma
            R"(\p{sc:Katakana}\P{Lu}\P{Lo})");
}

TEST(RegularExpression, AnOpenCountBeginsAtZero) {
  EXPECT_EQ(matches("a{,2}b", "aab b{,2}"), (Spans{{0, 3}, {4, 5}}));
  EXPECT_EQ(matches("x{1", "x{1"), (Spans{{0, 3}}));  // no count
}

TEST(RegularExpression, RefusesWhatMeansSomethingElseElsewhere) {
  for (const char* pattern : {"a{1,2}+",    "a{2}?",      "a**",
                              "\\w",        "\\b",        ".",
                              "^a",         "a$",         "[[a]]",
                              "(?<n>a)",    "\\pL",       "(*UTF)a",
                              "(*ACCEPT)",  "*a",         "(?=a)*",
                              "(?<=(?=a))", "[\\s-x]",    "[a-\\s]",
                              "[a-c-e]",    "\\p{L&}",    "\\p{script=Han}",
                              "\\p{Alpha}", "\\p{Lower}", "\\p{Common}",
                              "\\p{IsL}"})
    EXPECT_THROW(RegularExpression(pattern, "here"), core::ModelError) << pattern;
}

TEST(RegularExpression, RefusesFoldsOfSeveralCharacters) {
  for (const char* pattern : {"(?i:ss)", "(?i:sT)", "(?i:of(?:f))", "(?i:fi)", "(?i:\xC3\x9F)",
                              "(?i:[\xC3\x9F])", "(?i:s{2})", "(?i:\\p{Lu})"})
    EXPECT_THROW(RegularExpression(pattern, "here"), core::ModelError) << pattern;
  for (const char* pattern :
       {"(?i:'s|'t|'re|'ve|'m|'ll|'d)", "(?i:['\xE2\x80\x99]s)", "ss", "(?i:s|t)"})
    EXPECT_NO_THROW(RegularExpression(pattern, "here")) << pattern;
}

TEST(RegularExpression, KnowsCharactersNewerThanItsTables) {
  const std::string extension_h = "\xF0\xB1\x8D\x90";  // U+31350
  const std::string new_emoji = "\xF0\x9F\xA9\xB7";    // U+1FA77
  EXPECT_EQ(matches(R"(\p{Han})", extension_h), (Spans{{0, 4}}));
  EXPECT_EQ(matches(R"(\p{So})", new_emoji), (Spans{{0, 4}}));
  // Their stand-ins are U+20000 and U+1F300.
  EXPECT_EQ(matches("[\U00020000-\U0002A6DF]", extension_h), (Spans{}));
  EXPECT_EQ(matches("[\U0001F300-\U0001F5FF]", new_emoji), (Spans{}));
  EXPECT_EQ(matches("[\U0001F300-\U0001FFFF]", new_emoji), (Spans{{0, 4}}));
}

TEST(RegularExpression, NamesACharacterThatItCannotTell) {
  const RegularExpression mixed("[\U00020000-\U0002A6DF]|\\p{L}", "here");
  EXPECT_EQ(mixed.matches("\xF0\x9F\xA9\xB7 a"), (Spans{{5, 6}}));
  EXPECT_THROW((void)mixed.matches("\xF0\xB1\x8D\x90"), core::DataError);
  EXPECT_THROW((void)matches(R"(\p{Cyrillic})", "\xF0\x9E\x80\xB0"), core::DataError);  // U+1E030
}

TEST(RegularExpression, OneBudgetOfStepsForAText) {
  const std::string spaces(1'000'000, ' ');
  EXPECT_THROW((void)matches(R"(\s+(?=x)|\s)", spaces), core::DataError);
  EXPECT_THROW(
      (void)matches(R"(\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N})))", std::string(1'000'000, '1')),
      core::DataError);
  EXPECT_EQ(matches(R"(\s+(?!\S)|\s+)", spaces), (Spans{{0, 1'000'000}}));
}

TEST(RegularExpression, LooksBeyondItsFirstWindow) {
  const std::string text = std::string(5'000, 'a') + "b" + std::string(5'000, 'c') + "b";
  EXPECT_EQ(matches("a+b", text), (Spans{{0, 5'001}}));
  EXPECT_EQ(matches("(?<=a)b", text), (Spans{{5'000, 5'001}}));
  EXPECT_EQ(matches("b(?!c)", text), (Spans{{10'001, 10'002}}));
  EXPECT_EQ(matches("(?<!a|b)c+", text), (Spans{{5'002, 10'001}}));
}

TEST(RegularExpression, StopsWhenAPatternExplodes) {
  EXPECT_THROW((void)matches("(?:a+)+b", std::string(60, 'a') + "c b"), core::DataError);
}

TEST(RegularExpression, NewCharactersHaveStandInsOfTheirKind) {
  EXPECT_EQ(stand_in_for(U'a'), std::nullopt);
  EXPECT_EQ(stand_in_for(0x31350), char32_t{0x20000});  // CJK Extension H
  EXPECT_EQ(stand_in_for(0x2FFC), char32_t{0x2300});    // ideographic description, a symbol
}

}  // namespace
}  // namespace winnow::tokenizer
