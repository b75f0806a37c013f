#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace winnow::tokenizer {

/// Code points first to last.
struct CharacterRange {
  char32_t first = 0;
  char32_t last = 0;
};

/// What `\p{..}` asks for.
struct Property {
  std::string_view pcre2;  ///< inside PCRE2's \p{..}
  /// Characters newer than Unicode 14 whose stand-ins are of another script; ascending.
  std::span<const CharacterRange> gaps;
};

/// A general category by its short or long name, or a script (not its extensions) by its long name;
/// nothing for every other name. Only what is the same in PCRE2's Unicode 14 and Oniguruma's 16,
/// but for newer characters. Case, spaces, hyphens and underscores do not count.
[[nodiscard]] std::optional<Property> property_of(std::string_view name);

}  // namespace winnow::tokenizer
