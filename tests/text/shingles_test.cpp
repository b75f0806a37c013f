#include "text/shingles.hpp"

#include <gtest/gtest.h>

namespace winnow::text {
namespace {

std::vector<std::uint64_t> shingles(std::string_view text, std::size_t words) {
  return ShingleScanner(words).distinct(text);
}

TEST(Shingles, AreTheDistinctRunsOfWords) {
  EXPECT_EQ(shingles("one two three four", 3).size(), 2U);
  EXPECT_EQ(shingles("one two one two one", 2).size(), 2U);
  EXPECT_EQ(shingles("One, TWO!", 2), shingles("one two", 2));
  EXPECT_NE(shingles("one two", 2), shingles("two one", 2));
}

TEST(Shingles, TakeAllWordsOfAShorterText) {
  EXPECT_EQ(shingles("one two", 5).size(), 1U);
  EXPECT_EQ(shingles("one two", 5), shingles("one two", 2));
}

TEST(Shingles, TellTextsWithoutWordsApart) {
  EXPECT_EQ(shingles("A", 5).size(), 1U);
  EXPECT_NE(shingles("A", 5), shingles("B", 5));
  EXPECT_TRUE(shingles("", 5).empty());
}

}  // namespace
}  // namespace winnow::text
