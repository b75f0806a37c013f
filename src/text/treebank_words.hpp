#pragma once

#include <cstdint>
#include <string_view>

namespace winnow::text {

/// How many Treebank-style words a sentence has by the rules of NLTK's NLTKWordTokenizer.
[[nodiscard]] std::uint32_t treebank_word_count(std::u32string_view sentence);

}  // namespace winnow::text
