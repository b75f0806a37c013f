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

/// Of a token as the vocabulary spells it, or as an added token stands in the text: Unicode's white
/// space, and U+0120, which is how byte-level vocabularies write a space.
[[nodiscard]] Blanks blanks_of(std::string_view token);

/// `place` of `text` without as many characters at its ends as the token has blanks there; never
/// before its own beginning or end. Where a space may have been added before the text, one leading
/// blank at the text's beginning stays.
[[nodiscard]] ByteSpan trim_offsets(std::string_view text, ByteSpan place, Blanks blanks,
                                    bool is_first, bool add_prefix_space);

}  // namespace winnow::tokenizer
