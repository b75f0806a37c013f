#pragma once

#include <cstdint>
#include <string_view>

namespace winnow::text {

/// How many words NLTK's `word_tokenize` (English) finds in `text` (valid UTF-8): sentences, then
/// Treebank-style words, where punctuation marks and clitics ("n't", "'s") are words of their own.
/// Time linear in the text.
///
/// The words follow NLTKWordTokenizer; the sentences follow Punkt's decision rules with a list of
/// English abbreviations in place of its trained model, so a count can differ where that model
/// knows a rare word (tests/text/nltk_parity.py). Source: Bird et al., NLTK; Kiss and Strunk 2006,
/// Computational Linguistics 32.
[[nodiscard]] std::uint32_t nltk_word_count(std::string_view text);

}  // namespace winnow::text
