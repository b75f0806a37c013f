#pragma once

namespace winnow::text {

// Classes and case as CPython 3.11 has them. They are pinned to Unicode 14 whatever ICU is
// installed: a later code point is unassigned here, so the same text gives the same words
// everywhere.

/// Python's `\w` for str patterns: str.isalnum() or the underscore.
[[nodiscard]] bool is_word_character(char32_t code_point);
/// str.isspace(), which is also Python's `\s`.
[[nodiscard]] bool is_space(char32_t code_point);
/// str.isupper(), str.islower() of one character.
[[nodiscard]] bool is_upper(char32_t code_point);
[[nodiscard]] bool is_lower(char32_t code_point);
[[nodiscard]] bool is_cased(char32_t code_point);
[[nodiscard]] bool is_case_ignorable(char32_t code_point);

/// The simple lower-case mapping; the code point itself where there is none. What a single code
/// point cannot tell (U+0130 and the final sigma) is WordScanner's.
[[nodiscard]] char32_t to_lower(char32_t code_point);

}  // namespace winnow::text
