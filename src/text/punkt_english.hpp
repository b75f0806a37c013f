#pragma once

#include <string_view>

namespace winnow::text::punkt {

// What Punkt's English model knows of words, in lower case and without a final period. A model of
// 500,000 words of newspaper; here without the words that are rare in instruction data.

/// "dr", "e.g", "u.s"
[[nodiscard]] bool is_abbreviation(std::string_view word);

/// Often the first word after an abbreviation that ends a sentence.
[[nodiscard]] bool is_frequent_starter(std::string_view word);

/// Written in lower case, except to begin a sentence: in upper case it begins one.
[[nodiscard]] bool is_ordinary(std::string_view word);

/// Written in lower case at times: no name.
[[nodiscard]] bool has_lower_case(std::string_view word);

/// Goes with a number and a period before it ("No. 1. Business") inside one sentence.
[[nodiscard]] bool follows_number(std::string_view word);

}  // namespace winnow::text::punkt
