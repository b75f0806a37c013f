#pragma once

#include <cstddef>
#include <string_view>

#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// Blanks at a token's two ends; a token of blanks only has all of them at both.
struct Blanks {
  std::size_t leading = 0;
  std::size_t trailing = 0;
};

/// Of a token of the byte-level model: only spaces count.
[[nodiscard]] Blanks blanks_of_word_token(std::string_view bytes);
/// Of an added token as it stands in the text: Unicode's white space, and U+0120, which is how
/// byte-level vocabularies write a space.
[[nodiscard]] Blanks blanks_of_added_token(std::string_view text);

/// `place` of `text` without as many characters at its ends as the token has blanks there; never
/// before its own beginning or end. Where a space may have been added before the text, one leading
/// blank at the text's beginning stays.
[[nodiscard]] ByteSpan trim_offsets(std::string_view text, ByteSpan place, Blanks blanks,
                                    bool is_first, bool add_prefix_space);

}  // namespace winnow::tokenizer
