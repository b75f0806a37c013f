#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::text {

/// Splits sentences into Treebank-style words by the rules of NLTK's NLTKWordTokenizer, in their order: each pass puts spaces
/// around what becomes a word of its own.
class TreebankWords {
 public:
  [[nodiscard]] std::uint32_t count(std::u32string_view sentence);

 private:
  template <typename Rule>
  void rewrite(Rule rule);
  void split_starting_quotes();
  void split_punctuation();
  void split_ending_quotes();
  void split_contractions();

  std::u32string text_;
  std::u32string rewritten_;
};

}  // namespace winnow::text
