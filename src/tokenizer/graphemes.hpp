#pragma once

#include <string_view>
#include <vector>

#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// The extended grapheme clusters of `text`, which is valid UTF-8.
[[nodiscard]] std::vector<ByteSpan> graphemes_of(std::string_view text);

}  // namespace winnow::tokenizer
