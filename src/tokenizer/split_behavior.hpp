#pragma once

#include <span>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// What a text of `size` bytes is cut into where `delimiters` stand, in order; none empty.
/// @param invert  the delimiters are what stands between the given ones
[[nodiscard]] std::vector<ByteSpan> pieces_of(std::span<const ByteSpan> delimiters,
                                              std::size_t size, SplitBehavior behavior,
                                              bool invert);

}  // namespace winnow::tokenizer
