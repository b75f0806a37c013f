#pragma once

#include <optional>

namespace winnow::tokenizer {

/// For a letter, mark, number, punctuation or symbol that Unicode 15.0, 15.1 or 16.0 assigned: an
/// older character of the same general category (for ideographs also the same script) and the same
/// length in UTF-8. Nothing for every other character.
[[nodiscard]] std::optional<char32_t> stand_in_for(char32_t character);

}  // namespace winnow::tokenizer
