#include "text/nltk_words.hpp"

#include <string>

#include "text/sentences.hpp"
#include "text/treebank_words.hpp"
#include "text/utf8.hpp"

namespace winnow::text {

std::uint32_t nltk_word_count(std::string_view text) {
  const std::u32string code_points = decode(text);
  std::uint32_t count = 0;
  for (const Sentence& sentence : split_sentences(code_points))
    count += treebank_word_count(
        std::u32string_view(code_points).substr(sentence.begin, sentence.end - sentence.begin));
  return count;
}

}  // namespace winnow::text
