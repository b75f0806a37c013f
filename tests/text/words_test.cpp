#include "text/words.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace winnow::text {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  WordScanner scanner;
  scanner.start(text);
  std::vector<std::string> words;
  while (scanner.next()) words.emplace_back(scanner.word());
  return words;
}

using Words = std::vector<std::string>;

TEST(WordScanner, FindsRunsOfAtLeastTwoWordCharacters) {
  EXPECT_EQ(words_of("It's a test_1, isn't it? x2"), (Words{"it", "test_1", "isn", "it", "x2"}));
  EXPECT_EQ(words_of(""), Words{});
  EXPECT_EQ(words_of("a b c"), Words{});
  EXPECT_EQ(words_of("a"), Words{});
}

TEST(WordScanner, KeepsLettersAndNumbersOfAllScripts) {
  EXPECT_EQ(words_of("日本語 Über-ÉCOLE ½² Ⅷ٣"), (Words{"日本語", "über", "école", "½²", "ⅷ٣"}));
}

TEST(WordScanner, CountsCharactersAndNotBytes) { EXPECT_EQ(words_of("é éa"), (Words{"éa"})); }

TEST(WordScanner, EndsAWordWithTheFinalSigma) {
  EXPECT_EQ(words_of("ΟΔΟΣ ΟΔΟΣ.Α ΣΑ ΑΣ'Α"), (Words{"οδος", "οδοσ", "σα", "ασ"}));
}

TEST(WordScanner, LowersTheDottedCapitalIAsPythonDoes) {
  // "i" and a combining dot, which is no word character
  EXPECT_EQ(words_of("İstanbul DİL"), (Words{"stanbul", "di"}));
}

TEST(WordScanner, StaysAtTheEnd) {
  WordScanner scanner;
  scanner.start("one two");
  while (scanner.next()) continue;
  EXPECT_FALSE(scanner.next());
  scanner.start("three");
  EXPECT_TRUE(scanner.next());
  EXPECT_EQ(scanner.word(), "three");
}

}  // namespace
}  // namespace winnow::text
