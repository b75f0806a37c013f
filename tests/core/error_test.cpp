#include "core/error.hpp"

#include <gtest/gtest.h>

namespace winnow::core {
namespace {

TEST(OneLine, EscapesControlCharactersAndInvalidBytes) {
  EXPECT_EQ(one_line("a\nb\tc\x01"), "a\\nb\\tc\\x01");
  EXPECT_EQ(one_line("gr\xC3\xBC\xC3\x9F \xFF"), "gr\xC3\xBC\xC3\x9F \\xff");
}

TEST(OneLine, IsAtMostAThousandBytesAndCutsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "\xC3\xBC";
  const std::string line = one_line(text);
  EXPECT_LE(line.size(), 1000U);
  EXPECT_EQ(line.substr(line.size() - 5), "\xC3\xBC...");
}

}  // namespace
}  // namespace winnow::core
