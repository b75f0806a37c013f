#include "tokenizer/property_names.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace winnow::tokenizer {
namespace {

struct Category {
  std::string_view name;
  std::string_view long_name;
};
constexpr std::array<Category, 37> kCategories = {{
    {"L", "letter"},
    {"Lu", "uppercaseletter"},
    {"Ll", "lowercaseletter"},
    {"Lt", "titlecaseletter"},
    {"Lm", "modifierletter"},
    {"Lo", "otherletter"},
    {"M", "mark"},
    {"Mn", "nonspacingmark"},
    {"Mc", "spacingmark"},
    {"Me", "enclosingmark"},
    {"N", "number"},
    {"Nd", "decimalnumber"},
    {"Nl", "letternumber"},
    {"No", "othernumber"},
    {"P", "punctuation"},
    {"Pc", "connectorpunctuation"},
    {"Pd", "dashpunctuation"},
    {"Ps", "openpunctuation"},
    {"Pe", "closepunctuation"},
    {"Pi", "initialpunctuation"},
    {"Pf", "finalpunctuation"},
    {"Po", "otherpunctuation"},
    {"S", "symbol"},
    {"Sm", "mathsymbol"},
    {"Sc", "currencysymbol"},
    {"Sk", "modifiersymbol"},
    {"So", "othersymbol"},
    {"Z", "separator"},
    {"Zs", "spaceseparator"},
    {"Zl", "lineseparator"},
    {"Zp", "paragraphseparator"},
    {"C", "other"},
    {"Cc", "control"},
    {"Cf", "format"},
    {"Cn", "unassigned"},
    {"Co", "privateuse"},
    {"Any", "any"},
}};

constexpr std::array<CharacterRange, 1> kArabicGaps = {{{0x10EFC, 0x10EFF}}};
constexpr std::array<CharacterRange, 1> kCyrillicGaps = {{{0x1E030, 0x1E08F}}};
constexpr std::array<CharacterRange, 1> kDevanagariGaps = {{{0x11B00, 0x11B09}}};
constexpr std::array<CharacterRange, 1> kMyanmarGaps = {{{0x116D0, 0x116E3}}};

struct Script {
  std::string_view name;
  std::string_view pcre2;
  std::span<const CharacterRange> gaps = {};
};
constexpr std::array<Script, 34> kScripts = {{
    {"arabic", "sc:Arabic", kArabicGaps},
    {"armenian", "sc:Armenian"},
    {"bengali", "sc:Bengali"},
    {"bopomofo", "sc:Bopomofo"},
    {"braille", "sc:Braille"},
    {"cherokee", "sc:Cherokee"},
    {"coptic", "sc:Coptic"},
    {"cyrillic", "sc:Cyrillic", kCyrillicGaps},
    {"devanagari", "sc:Devanagari", kDevanagariGaps},
    {"ethiopic", "sc:Ethiopic"},
    {"georgian", "sc:Georgian"},
    {"greek", "sc:Greek"},
    {"gujarati", "sc:Gujarati"},
    {"gurmukhi", "sc:Gurmukhi"},
    {"han", "sc:Han"},
    {"hangul", "sc:Hangul"},
    {"hebrew", "sc:Hebrew"},
    {"hiragana", "sc:Hiragana"},
    {"kannada", "sc:Kannada"},
    {"katakana", "sc:Katakana"},
    {"khmer", "sc:Khmer"},
    {"lao", "sc:Lao"},
    {"latin", "sc:Latin"},
    {"malayalam", "sc:Malayalam"},
    {"mongolian", "sc:Mongolian"},
    {"myanmar", "sc:Myanmar", kMyanmarGaps},
    {"oriya", "sc:Oriya"},
    {"sinhala", "sc:Sinhala"},
    {"syriac", "sc:Syriac"},
    {"tamil", "sc:Tamil"},
    {"telugu", "sc:Telugu"},
    {"thaana", "sc:Thaana"},
    {"thai", "sc:Thai"},
    {"tibetan", "sc:Tibetan"},
}};

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (c != ' ' && c != '-' && c != '_') plain += lower(c);
  return plain;
}

bool equals(std::string_view plain, std::string_view name) {
  return std::ranges::equal(plain, name, {}, {}, lower);
}

}  // namespace

std::optional<Property> property_of(std::string_view name) {
  const std::string plain = plain_name(name);
  for (const Category& category : kCategories)
    if (plain == category.long_name || equals(plain, category.name))
      return Property{category.name, {}};
  for (const Script& script : kScripts)
    if (plain == script.name) return Property{script.pcre2, script.gaps};
  return std::nullopt;
}

}  // namespace winnow::tokenizer
