#include "tokenizer/recent_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "tokenizer/recent_characters.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

bool holds(const CharacterRange& range, char32_t character) {
  return range.first <= character && character <= range.last;
}

/// Whether `named` tells some of the characters from their stand-in.
bool tells_apart(const CharacterRange& named, const RecentCharacters& recent) {
  if (holds(named, recent.stand_in))
    return !holds(named, recent.first) || !holds(named, recent.last);
  return named.first <= recent.last && recent.first <= named.last;
}

}  // namespace

RecentText::RecentText(const TranslatedPattern& pattern)
    : unclear_(pattern.gaps), has_properties_(pattern.has_properties) {
  for (const CharacterRange& named : pattern.characters)
    for (const RecentCharacters& recent : recent_characters())
      if (tells_apart(named, recent)) unclear_.push_back({recent.first, recent.last});
}

bool RecentText::sees(std::string_view text) const {
  if (!has_properties_ || !has_recent_character(text)) return true;
  for (std::size_t at = 0; !unclear_.empty() && at < text.size();) {
    const char32_t character = next_character(text, at);
    const auto names = [character](const CharacterRange& range) { return holds(range, character); };
    if (stand_in_for(character) && std::ranges::any_of(unclear_, names))
      throw core::DataError(fmt::format(
          "a text cannot be split into words: its character U+{:04X} is newer than Unicode 14, and "
          "the tokenizer's regular expression names it, its script or its stand-in",
          static_cast<std::uint32_t>(character)));
  }
  return false;
}

}  // namespace winnow::tokenizer
