#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "text/ascii_words.hpp"

namespace winnow::text {

/// The words of a text as scikit-learn's default analyzer finds them: str.lower(), then
/// `(?u)\b\w\w+\b`, that is every maximal run of at least two word characters. One object serves
/// many texts without allocating.
class WordScanner {
 public:
  /// Begins `text` (valid UTF-8), which must outlive the scan.
  void start(std::string_view text);

  /// Moves to the next word. False at the end of the text.
  [[nodiscard]] bool next();

  /// The word found, lower-cased; valid until the next call of `next` or `start`.
  [[nodiscard]] std::string_view word() const {
    return is_ascii_ ? ascii_.word() : std::string_view(word_);
  }

 private:
  void scan_run();
  bool scan_multibyte();
  [[nodiscard]] std::size_t ascii_run() const;
  void append_lower(std::size_t run);

  AsciiWords ascii_;
  bool is_ascii_ = true;  // the text, which is then read by ascii_

  std::string_view text_;
  std::size_t position_ = 0;
  std::string word_;
  std::size_t length_ = 0;  // of word_, in characters
};

}  // namespace winnow::text
