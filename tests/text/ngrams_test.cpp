#include "text/ngrams.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace winnow::text {
namespace {

std::vector<NgramHash> ngrams_of(std::string_view text) {
  NgramScanner scanner;
  scanner.start(text);
  std::vector<NgramHash> all;
  for (auto found = scanner.next(); !found.empty(); found = scanner.next())
    all.insert(all.end(), found.begin(), found.end());
  return all;
}

TEST(NgramScanner, GivesOneTwoAndThreeWords) {
  EXPECT_EQ(ngrams_of("").size(), 0U);
  EXPECT_EQ(ngrams_of("one").size(), 1U);
  EXPECT_EQ(ngrams_of("one two").size(), 3U);
  EXPECT_EQ(ngrams_of("one two three four").size(), 4U + 3U + 2U);
}

TEST(NgramScanner, TellsOrderAndLengthApart) {
  std::set<std::uint64_t> hashes;
  std::set<std::uint32_t> checks;
  for (const char* text : {"aa bb cc", "cc bb aa", "aa aa aa", "aabb cc"})
    for (const NgramHash& ngram : ngrams_of(text)) {
      hashes.insert(ngram.hash);
      checks.insert(ngram.check);
    }
  // aa, bb, cc, aabb; aa bb, bb cc, cc bb, bb aa, aa aa, aabb cc; three of three words
  EXPECT_EQ(hashes.size(), 4U + 6U + 3U);
  EXPECT_EQ(checks.size(), 4U + 6U + 3U);
}

TEST(NgramScanner, DependsOnTheWordsAlone) {
  EXPECT_EQ(ngrams_of("One, two\nthree!"), ngrams_of("one two a three"));
  EXPECT_EQ(ngrams_of("zero one two").back(), ngrams_of("x zero one two").back());
}

TEST(NgramScanner, ForgetsTheTextBefore) {
  NgramScanner scanner;
  scanner.start("one two");
  EXPECT_EQ(scanner.next().size(), 1U);
  EXPECT_EQ(scanner.next().size(), 2U);
  scanner.start("three");
  EXPECT_EQ(scanner.next().size(), 1U);
}

}  // namespace
}  // namespace winnow::text
