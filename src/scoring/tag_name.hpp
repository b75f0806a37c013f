#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/tag_reply.hpp"

namespace winnow::scoring {

/// InsTag's rules for the name of a tag (arXiv 2308.07074, section 3.2): lower case, every run of
/// characters that are neither letters nor digits is one space, every word is stemmed (Porter's
/// algorithm of 1980, libstemmer's `porter`). "Spelling & Grammar-Checking" becomes "spell grammar
/// check"; nothing is left of a name without letters and digits.
///
/// The paper's further steps need the whole data set and are not done here: leaving out tags seen
/// fewer than 20 times, merging by embeddings of phrases and by association rules.
[[nodiscard]] std::string normalized_tag(std::string_view name);

/// The normalized names, each once, in the order of the reply; empty ones left out.
[[nodiscard]] std::vector<std::string> normalized_tags(std::span<const Tag> tags);

/// Both in words, for what is stored.
inline constexpr std::string_view kTagRules =
    "lower case; every run of characters that are neither letters nor digits is one space; every "
    "word is stemmed (Porter 1980); empty names left out; each once in a row, in the order given";

}  // namespace winnow::scoring
