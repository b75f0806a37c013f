#pragma once

#include <optional>
#include <span>

namespace winnow::tokenizer {

struct RecentCharacters {
  char32_t first;
  char32_t last;
  char32_t stand_in;
};

/// Letters, marks, numbers, punctuation, symbols and controls that Unicode 15.0, 15.1 or 16.0
/// assigned (U+1171E: gave another category), ascending, each with an older character of the same
/// general category and the same length in UTF-8; also of the same script where that is one of
/// property_names.hpp, but for the gaps named there.
[[nodiscard]] std::span<const RecentCharacters> recent_characters();

/// Nothing for a character that is not among them.
[[nodiscard]] std::optional<char32_t> stand_in_for(char32_t character);

}  // namespace winnow::tokenizer
