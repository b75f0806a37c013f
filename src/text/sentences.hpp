#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace winnow::text {

struct Sentence {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Sentence&) const = default;
};

/// The sentences of an English text, as positions of code points: NLTK's sent_tokenize. A mark `.`
/// `?` `!` ends a sentence unless Punkt's rules take it for part of an abbreviation, an initial or
/// a number; closing quotes and brackets stay with it. Source: Kiss and Strunk 2006, Computational
/// Linguistics 32; the model is in punkt_english.hpp.
[[nodiscard]] std::vector<Sentence> split_sentences(std::u32string_view text);

}  // namespace winnow::text
