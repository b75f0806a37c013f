#include "text/words.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
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

/// ASCII is read in blocks of 64 characters, what has another character one by one: both must
/// agree.
TEST(WordScanner, FindsTheSameWordsWhereverBlocksEnd) {
  std::mt19937 generator(1);
  for (const unsigned rareness : {2U, 5U, 60U, 200U})
    for (std::size_t length = 0; length < 300; ++length) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i)
        text += generator() % rareness == 0 ? " .@[`{/:~\x7f"[generator() % 10]
                                            : "aMz_09AZxY"[generator() % 10];
      ASSERT_EQ(words_of(text), words_of(text + " \u00e9")) << text;
    }
  WordScanner scanner;  // a shorter text after a longer one
  scanner.start(std::string(200, 'a'));
  scanner.start("bb");
  EXPECT_TRUE(scanner.next());
  EXPECT_EQ(scanner.word(), "bb");
  EXPECT_FALSE(scanner.next());
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
