#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::bench {

/// As many texts as one likes out of real ones: text i depends on the sources, the seed and i
/// alone, so that any rank can make any of them. A text is as long as a real one drawn at random
/// and consists of runs of 1 to 7 consecutive words of real ones; one word in 200 is a coined one,
/// two halves of real words, the n-th of them with probability about 1 / n (Zipf), so that new
/// words go on appearing. Texts of at most three words are copied whole, as real ones repeat.
class SplicedTexts {
 public:
  /// @param sources  real texts; at least one of them has a word
  SplicedTexts(std::vector<std::string> sources, std::uint64_t seed);

  [[nodiscard]] std::string text(std::uint64_t index) const;

 private:
  /// A word with the blanks after it.
  struct Word {
    std::uint32_t source = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;    ///< of the letters
    std::uint32_t after = 0;  ///< of the blanks
  };

  [[nodiscard]] std::string_view letters(const Word& word) const;
  [[nodiscard]] std::string_view blanks(const Word& word) const;
  [[nodiscard]] std::string coined(std::uint64_t number) const;

  std::uint64_t seed_;
  std::vector<std::string> sources_;
  std::vector<std::uint64_t> first_;  ///< [sources + 1] into `words_`
  std::vector<Word> words_;
  std::vector<std::string_view> plain_;  ///< distinct words of ASCII letters, ascending
};

}  // namespace winnow::bench
