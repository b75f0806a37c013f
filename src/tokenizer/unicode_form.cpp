#include "tokenizer/unicode_form.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/error.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

struct Character {
  UChar32 value = 0;
  std::uint8_t combining_class = 0;
  int taken = 0;
};

const icu::Normalizer2& composing(bool compatible) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = compatible ? icu::Normalizer2::getNFKCInstance(status)
                                                  : icu::Normalizer2::getNFCInstance(status);
  core::check(U_SUCCESS(status) && normalizer != nullptr, "ICU has its normalization data");
  return *normalizer;
}

const icu::Normalizer2& normalizer_of(UnicodeForm form) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = nullptr;
  switch (form) {
    case UnicodeForm::nfc:
      return composing(false);
    case UnicodeForm::nfkc:
      return composing(true);
    case UnicodeForm::nfd:
      normalizer = icu::Normalizer2::getNFDInstance(status);
      break;
    case UnicodeForm::nfkd:
      normalizer = icu::Normalizer2::getNFKDInstance(status);
      break;
  }
  core::check(U_SUCCESS(status) && normalizer != nullptr, "ICU has its normalization data");
  return *normalizer;
}

bool is_in_unicode_9(UChar32 character) {
  // Their combining classes were 0 until Unicode 12 and 14.
  if (character == 0x0EBA || character == 0x1715) return false;
  UVersionInfo age{};
  u_charAge(character, age);
  return age[0] <= 9;
}

std::uint8_t combining_class(UChar32 character) {
  const std::uint8_t value = composing(false).getCombiningClass(character);
  return value != 0 && is_in_unicode_9(character) ? value : std::uint8_t{0};
}

UChar32 compose(UChar32 first, UChar32 second) {
  const UChar32 composed = composing(false).composePair(first, second);
  return composed >= 0 && is_in_unicode_9(composed) ? composed : U_SENTINEL;
}

std::vector<Character> decompose(std::string_view text, bool compatible) {
  const icu::Normalizer2& tables = composing(compatible);
  std::vector<Character> characters;
  characters.reserve(text.size());
  std::size_t unsorted = 0;
  const auto by_class = [](const Character& a, const Character& b) {
    return a.combining_class < b.combining_class;
  };
  const auto push = [&](UChar32 value, int taken) {
    const Character character{value, value < 0x300 ? std::uint8_t{0} : combining_class(value),
                              taken};
    if (character.combining_class == 0) {
      std::stable_sort(characters.begin() + static_cast<std::ptrdiff_t>(unsorted), characters.end(),
                       by_class);
      unsorted = characters.size() + 1;
    }
    characters.push_back(character);
  };
  icu::UnicodeString parts;
  for (std::size_t at = 0; at < text.size();) {
    const auto value = static_cast<UChar32>(next_character(text, at));
    if (value < 0xA0 || !is_in_unicode_9(value) || !tables.getDecomposition(value, parts)) {
      push(value, 1);
      continue;
    }
    for (std::int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1))
      push(parts.char32At(i), i == 0 ? 1 : 0);
  }
  if (unsorted < characters.size())
    std::stable_sort(characters.begin() + static_cast<std::ptrdiff_t>(unsorted), characters.end(),
                     by_class);
  return characters;
}

/// Canonical composition in place.
void recompose(std::vector<Character>& characters) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t starter = kNone;
  std::size_t kept = 0;
  int last_class = -1;  // of the last character kept after the starter; -1: none
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const Character character = characters[i];
    if (starter != kNone && last_class < static_cast<int>(character.combining_class)) {
      const UChar32 composed = compose(characters[starter].value, character.value);
      if (composed != U_SENTINEL) {
        characters[starter].value = composed;
        characters[starter].taken += character.taken;
        continue;
      }
    }
    if (character.combining_class == 0) {
      starter = kept;
      last_class = -1;
    } else {
      last_class = character.combining_class;
    }
    characters[kept++] = character;
  }
  characters.resize(kept);
}

}  // namespace

bool is_in_form(UnicodeForm form, std::string_view text) {
  if (std::cmp_greater(text.size(), INT32_MAX)) return false;
  UErrorCode status = U_ZERO_ERROR;
  // What ICU's newer tables leave as it is, those of Unicode 9 leave too: later versions only added
  // marks and compositions.
  return normalizer_of(form).isNormalizedUTF8(
             icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), status) != 0 &&
         U_SUCCESS(status);
}

std::vector<NewCharacter> to_form(UnicodeForm form, std::string_view text) {
  std::vector<Character> characters =
      decompose(text, form == UnicodeForm::nfkc || form == UnicodeForm::nfkd);
  if (form == UnicodeForm::nfc || form == UnicodeForm::nfkc) recompose(characters);
  std::vector<NewCharacter> result;
  result.reserve(characters.size());
  for (const Character& character : characters)
    result.push_back({static_cast<char32_t>(character.value), character.taken});
  return result;
}

}  // namespace winnow::tokenizer
