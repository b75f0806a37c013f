#include "tokenizer/unicode_text.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "tokenizer/recent_characters.hpp"

namespace winnow::tokenizer {
namespace {

/// The characters before U+0800 have lower bytes only.
constexpr unsigned char kFirstRecentLead = 0xE0;

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

char32_t next_character(std::string_view text, std::size_t& at) {
  UChar32 character = 0;
  U8_NEXT_UNSAFE(bytes_of(text), at, character);
  return static_cast<char32_t>(character);
}

char32_t previous_character(std::string_view text, std::size_t& at) {
  at = character_around(text, at - 1).begin;
  std::size_t begin = at;
  return next_character(text, begin);
}

void append_character(std::string& text, char32_t character) {
  const auto lead = [&](unsigned mark, unsigned shift) {
    text += static_cast<char>(mark | (character >> shift));
  };
  const auto trail = [&](unsigned shift) {
    text += static_cast<char>(0x80 | ((character >> shift) & 0x3F));
  };
  if (character < 0x80) {
    lead(0, 0);
  } else if (character < 0x800) {
    lead(0xC0, 6);
    trail(0);
  } else if (character < 0x10000) {
    lead(0xE0, 12);
    trail(6);
    trail(0);
  } else {
    lead(0xF0, 18);
    trail(12);
    trail(6);
    trail(0);
  }
}

ByteSpan character_around(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  std::size_t end = at + 1;
  while (begin > 0 && U8_IS_TRAIL(text[begin])) --begin;
  while (end < text.size() && U8_IS_TRAIL(text[end])) ++end;
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return !U8_IS_TRAIL(byte); }));
}

std::optional<std::size_t> first_invalid_byte(std::string_view text) {
  const auto size = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < size;) {
    const std::int64_t begin = at;
    UChar32 character = 0;
    U8_NEXT(bytes_of(text), at, size, character);
    if (character < 0) return static_cast<std::size_t>(begin);
  }
  return std::nullopt;
}

bool has_recent_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < kFirstRecentLead)
      ++at;
    else if (stand_in_for(next_character(text, at)))
      return true;
  }
  return false;
}

std::string with_stand_ins(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t character = next_character(text, at);
    append_character(result, stand_in_for(character).value_or(character));
  }
  return result;
}

bool is_white_space(char32_t character) {
  return u_isUWhiteSpace(static_cast<UChar32>(character)) != 0;
}

bool is_word_character(char32_t character) {
  const auto c = static_cast<UChar32>(stand_in_for(character).value_or(character));
  return (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
         u_hasBinaryProperty(c, UCHAR_ALPHABETIC) != 0 ||
         u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL) != 0;
}

bool is_numeric(char32_t character) {
  // Numbers of Unicode 17, which Hugging Face's digits know but its regular expressions do not.
  if ((character >= 0x11DE0 && character <= 0x11DE9) ||
      (character >= 0x16FF4 && character <= 0x16FF6))
    return true;
  const auto c = static_cast<UChar32>(stand_in_for(character).value_or(character));
  return (U_GET_GC_MASK(c) & U_GC_N_MASK) != 0;
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  const auto size = static_cast<std::int64_t>(bytes.size());
  for (std::int64_t at = 0; at < size;) {
    const std::int64_t begin = at;
    UChar32 character = 0;
    U8_NEXT(bytes_of(bytes), at, size, character);  // steps over one longest ill-formed piece
    if (character < 0)
      result += "\xEF\xBF\xBD";
    else
      result += bytes.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
  }
  return result;
}

}  // namespace winnow::tokenizer
