#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace winnow::text::punkt {

/// A word as Punkt sees it, with its marks.
struct Token {
  explicit Token(std::u32string_view token);

  std::u32string_view text;
  std::string type;  ///< lower case; "##number##" for all numbers; empty if it is not ASCII and so
                     ///< in no list
  bool ends_with_period = false;
  bool is_ellipsis = false;
  bool is_abbreviation = false;
  bool ends_sentence = false;  ///< judged by the word alone

  [[nodiscard]] bool is_number() const { return type == "##number##"; }
  [[nodiscard]] bool is_initial() const;
  [[nodiscard]] bool is_upper() const;
  [[nodiscard]] bool is_lower() const;
  /// The type without a final period.
  [[nodiscard]] std::string_view bare_type() const;
  /// The same, but the period of an abbreviation belongs to the word.
  [[nodiscard]] std::string_view type_in_sentence() const;
};

/// The words of one line.
[[nodiscard]] std::vector<Token> tokenize(std::u32string_view line);

/// A character that ends a word, other than the period and white space.
[[nodiscard]] bool ends_word(char32_t c);

}  // namespace winnow::text::punkt
