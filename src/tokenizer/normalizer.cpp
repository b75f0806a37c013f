#include "tokenizer/normalizer.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace winnow::tokenizer {
namespace {

/// One character on its way through the normalizer. `taken` counts the original characters that it
/// uses up; 0 marks one that was inserted beside the one before it.
struct Character {
  UChar32 value = 0;
  std::uint8_t combining_class = 0;
  int taken = 0;
};

const icu::Normalizer2& nfc() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFCInstance(status);
  core::check(U_SUCCESS(status) && normalizer != nullptr, "ICU has its NFC data");
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
  const std::uint8_t value = nfc().getCombiningClass(character);
  return value != 0 && is_in_unicode_9(character) ? value : std::uint8_t{0};
}

UChar32 compose(UChar32 first, UChar32 second) {
  const UChar32 composed = nfc().composePair(first, second);
  return composed >= 0 && is_in_unicode_9(composed) ? composed : U_SENTINEL;
}

std::vector<Character> decompose(std::string_view text) {
  std::vector<Character> characters;
  characters.reserve(text.size());
  std::size_t unsorted = 0;
  const auto by_class = [](const Character& a, const Character& b) {
    return a.combining_class < b.combining_class;
  };
  const auto push = [&](UChar32 value, int taken) {
    const Character character{value, combining_class(value), taken};
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
    if (value < 0xC0 || !is_in_unicode_9(value) || !nfc().getDecomposition(value, parts)) {
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

NormalizedText compose_text(std::string_view original, ByteSpan place) {
  const std::string_view text = original.substr(place.begin, place.end - place.begin);
  std::vector<Character> characters = decompose(text);
  recompose(characters);
  std::string bytes;
  std::vector<ByteSpan> sources;
  bytes.reserve(text.size());
  sources.reserve(text.size());
  std::size_t at = 0;
  ByteSpan previous{place.begin, place.begin};
  for (const Character& character : characters) {
    ByteSpan source = previous;
    for (int i = 0; i < character.taken; ++i) {
      const std::size_t begin = at;
      next_character(text, at);
      previous = {place.begin + static_cast<std::uint32_t>(begin),
                  place.begin + static_cast<std::uint32_t>(at)};
      if (i == 0) source = previous;
    }
    append_character(bytes, static_cast<char32_t>(character.value));
    sources.resize(bytes.size(), source);
  }
  return {std::move(bytes), std::move(sources)};
}

}  // namespace

NormalizedText::NormalizedText(std::string_view original, ByteSpan place)
    : view_(original.substr(place.begin, place.end - place.begin)), shift_(place.begin) {}

NormalizedText::NormalizedText(std::string bytes, std::vector<ByteSpan> sources)
    : own_(std::move(bytes)), sources_(std::move(sources)) {}

ByteSpan NormalizedText::source_of(std::size_t begin, std::size_t end) const {
  if (!sources_.empty()) return {sources_[begin].begin, sources_[end - 1].end};
  return {shift_ + character_around(view_, begin).begin,
          shift_ + character_around(view_, end - 1).end};
}

NormalizedText normalize(std::span<const NormalizerStep> steps, std::string_view original,
                         ByteSpan place) {
  if (steps.empty()) return {original, place};
  const std::string_view text = original.substr(place.begin, place.end - place.begin);
  UErrorCode status = U_ZERO_ERROR;
  const auto size = static_cast<std::int32_t>(std::min<std::size_t>(text.size(), INT32_MAX));
  const bool is_composed =
      std::cmp_equal(size, text.size()) &&
      nfc().isNormalizedUTF8(icu::StringPiece(text.data(), size), status) != 0 && U_SUCCESS(status);
  // What ICU's newer tables leave as it is, those of Unicode 9 leave too: later versions only added
  // marks and compositions.
  if (is_composed) return {original, place};
  return compose_text(original, place);
}

}  // namespace winnow::tokenizer
