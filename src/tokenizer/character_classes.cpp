#include "tokenizer/character_classes.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace winnow::tokenizer {
namespace {

bool is_in_unicode(int version, UChar32 character) {
  UVersionInfo age{};
  u_charAge(character, age);
  return age[0] <= version;
}

bool is_of(std::uint32_t categories, int version, char32_t character) {
  const auto c = static_cast<UChar32>(character);
  return (U_GET_GC_MASK(c) & categories) != 0 && is_in_unicode(version, c);
}

struct LowerCase {
  char32_t first;
  char32_t last;
  char32_t lower;  ///< of `first`
};
// Source: the Unicode Character Database, UnicodeData.txt of version 17.0; what Unicode 15 lacks.
constexpr std::array<LowerCase, 11> kRecentLowerCase = {{
    {0x0130, 0x0130, 'i'},
    {0x1C89, 0x1C89, 0x1C8A},
    {0xA7CB, 0xA7CB, 0x0264},
    {0xA7CC, 0xA7CC, 0xA7CD},
    {0xA7CE, 0xA7CE, 0xA7CF},
    {0xA7D2, 0xA7D2, 0xA7D3},
    {0xA7D4, 0xA7D4, 0xA7D5},
    {0xA7DA, 0xA7DA, 0xA7DB},
    {0xA7DC, 0xA7DC, 0x019B},
    {0x10D50, 0x10D65, 0x10D70},
    {0x16EA0, 0x16EB8, 0x16EBB},
}};

}  // namespace

bool is_bert_control(char32_t character) {
  if (character == '\t' || character == '\n' || character == '\r') return false;
  return is_of(U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK, 8, character);
}

bool is_non_spacing_mark(char32_t character) {
  if (character < 0x300) return false;
  // Their category has changed since.
  if (character == 0x1734) return true;
  if (character == 0x1885 || character == 0x1886 || character == 0xA9BD || character == 0x111C9)
    return false;
  return is_of(U_GC_MN_MASK, 8, character);
}

bool is_combining_mark(char32_t character) {
  if (character < 0x300) return false;
  if (character == 0x1CF2 || character == 0x1CF3) return true;
  if (character == 0x111C9) return false;
  return is_of(U_GC_M_MASK, 9, character);
}

bool is_punctuation(char32_t character) {
  if (character < 0x80)
    return u_isgraph(static_cast<UChar32>(character)) != 0 &&
           u_isalnum(static_cast<UChar32>(character)) == 0;
  if (character == 0x166D || character == 0x111C9) return true;
  return is_of(U_GC_P_MASK, 8, character);
}

bool is_chinese(char32_t character) {
  struct Block {
    char32_t first;
    char32_t last;
  };
  constexpr std::array<Block, 7> kBlocks = {{{0x3400, 0x4DBF},
                                             {0x4E00, 0x9FFF},
                                             {0xF900, 0xFAFF},
                                             {0x20000, 0x2A6DF},
                                             {0x2A700, 0x2B81F},
                                             {0x2B920, 0x2CEAF},
                                             {0x2F800, 0x2FA1F}}};
  return std::ranges::any_of(kBlocks, [character](const Block& block) {
    return character >= block.first && character <= block.last;
  });
}

char32_t lower_case(char32_t character) {
  if (character < 0x80) return character >= 'A' && character <= 'Z' ? character + 32 : character;
  for (const LowerCase& range : kRecentLowerCase)
    if (character >= range.first && character <= range.last)
      return range.lower + (character - range.first);
  return static_cast<char32_t>(u_tolower(static_cast<UChar32>(character)));
}

}  // namespace winnow::tokenizer
