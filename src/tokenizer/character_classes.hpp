#pragma once

namespace winnow::tokenizer {

// Classes of characters as Hugging Face's `tokenizers` 0.23 knows them: each by the Unicode version
// of the tables that it uses there. ICU's are newer or older than those.

/// Of the general categories Cc, Cf, Co in Unicode 8; not tab, line feed, carriage return.
[[nodiscard]] bool is_bert_control(char32_t character);
/// Mn in Unicode 8.
[[nodiscard]] bool is_non_spacing_mark(char32_t character);
/// Mn, Mc, Me in Unicode 9.
[[nodiscard]] bool is_combining_mark(char32_t character);
/// ASCII's punctuation and symbols, and any punctuation of Unicode 8.
[[nodiscard]] bool is_punctuation(char32_t character);
/// The blocks of ideographs that BERT sets apart.
[[nodiscard]] bool is_chinese(char32_t character);

/// The small letter of Unicode 17; `character` itself where there is none. U+0130 alone becomes two
/// characters: this gives the first, kDotAbove is the second.
[[nodiscard]] char32_t lower_case(char32_t character);
inline constexpr char32_t kDottedCapitalI = 0x130;
inline constexpr char32_t kDotAbove = 0x307;

}  // namespace winnow::tokenizer
