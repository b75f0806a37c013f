#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/regular_expression.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// Finds a Pattern in texts.
class PatternFinder {
 public:
  /// @param where  stands before the complaint in messages
  /// @throws core::ModelError for a regular expression that is malformed or not supported.
  PatternFinder(const Pattern& pattern, const std::string& where);

  /// All matches from left to right, not overlapping; none in an empty text. `text` must be valid
  /// UTF-8.
  [[nodiscard]] std::vector<ByteSpan> matches(std::string_view text) const;

 private:
  std::variant<std::string, RegularExpression> pattern_;
};

}  // namespace winnow::tokenizer
