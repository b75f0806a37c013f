#include "text/utf8.hpp"

#include <gtest/gtest.h>

namespace winnow::text {
namespace {

TEST(Utf8, DecodesWhatItEncodes) {
  for (const char32_t c : {U'a', U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\xD7FF', U'\xE000',
                           U'\xFFFD', U'\xFFFF', U'\x10000', U'\x10FFFF'}) {
    std::string bytes = "x";
    append_utf8(bytes, c);
    EXPECT_EQ(find_invalid_utf8(bytes), std::nullopt);
    EXPECT_EQ(decode_at(bytes, 1).value, c);
    EXPECT_EQ(decode_at(bytes, 1).length, bytes.size() - 1);
    EXPECT_EQ(decode_before(bytes, bytes.size()).value, c);
    EXPECT_EQ(decode(bytes), (std::u32string{U'x', c}));
  }
}

TEST(Utf8, NamesTheFirstMalformedByte) {
  EXPECT_EQ(find_invalid_utf8("ab\xFF"), 2U);
  EXPECT_EQ(find_invalid_utf8("\xC3"), 0U);                    // cut off
  EXPECT_EQ(find_invalid_utf8("a\xC0\x80"), 1U);               // overlong
  EXPECT_EQ(find_invalid_utf8("a\xE0\x80\x80"), 1U);           // overlong
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0U);            // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);        // above U+10FFFF
  EXPECT_EQ(find_invalid_utf8("\xC3\xA9\x80"), 2U);            // continuation alone
  EXPECT_EQ(find_invalid_utf8("\xEF\xBF\xBD"), std::nullopt);  // U+FFFD itself is fine
}

TEST(Utf8, ReadsMalformedBytesAsReplacementCharacters) {
  EXPECT_EQ(decode("a\xE2\x82z"), U"a\xFFFD\xFFFDz");
  EXPECT_EQ(decode_before("\x80\x80\x80\x80\x80", 5).length, 1U);
}

}  // namespace
}  // namespace winnow::text
