#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow::text {

/// The words of WordScanner in a text that is all ASCII, many characters at a time.
class AsciiWords {
 public:
  /// Begins `text`. False where it has other characters: there are no words then.
  [[nodiscard]] bool start(std::string_view text);

  /// Moves to the next word. False at the end of the text.
  [[nodiscard]] bool next();

  /// The word found, lower-cased; valid until the next call of `start`.
  [[nodiscard]] std::string_view word() const { return {lower_.data() + begin_, length_}; }

 private:
  std::vector<char> lower_;             ///< the text, lower-cased, filled up to whole blocks
  std::vector<std::uint64_t> is_word_;  ///< a bit for each character; the last one is 0
  std::size_t block_ = 0;
  std::uint64_t left_ = 0;  ///< bits of the block from the last word's end on
  std::size_t begin_ = 0;
  std::size_t length_ = 0;
};

}  // namespace winnow::text
