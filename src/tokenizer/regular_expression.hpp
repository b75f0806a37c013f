#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// A pattern in the syntax of Oniguruma, which Hugging Face's tokenizers use, run by PCRE2. Only
/// what means the same in both is accepted: literals, classes, \p{..} of general categories and
/// scripts, \s \S \d \r \n \t, groups, alternatives, quantifiers, look-around, (?i:..) around
/// ASCII.
class RegularExpression {
 public:
  /// @param where  stands before the complaint in messages
  /// @throws core::ModelError for a construct outside that list or a malformed pattern.
  RegularExpression(std::string_view pattern, const std::string& where);
  RegularExpression(RegularExpression&&) noexcept;
  RegularExpression& operator=(RegularExpression&&) noexcept;
  ~RegularExpression();

  /// All matches from left to right, not overlapping. `text` must be valid UTF-8.
  /// @throws core::DataError if the pattern needs more than a bounded number of steps per byte of
  /// the text, or if it cannot tell what a character newer than Unicode 14 is.
  [[nodiscard]] std::vector<ByteSpan> matches(std::string_view text) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace winnow::tokenizer
