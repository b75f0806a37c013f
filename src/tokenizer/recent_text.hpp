#pragma once

#include <string_view>
#include <vector>

#include "tokenizer/regular_expression_syntax.hpp"

namespace winnow::tokenizer {

/// How a pattern sees characters newer than Unicode 14. Hugging Face's regular expressions know
/// Unicode 16, Debian's PCRE2 does not; on the stand-ins of recent_characters.hpp both agree,
/// unless the pattern names one of the two or asks for a script that they do not share.
class RecentText {
 public:
  explicit RecentText(const TranslatedPattern& pattern);

  /// Whether the pattern sees `text` as Oniguruma does; else it is to be given with_stand_ins().
  /// @throws core::DataError naming a character that it sees wrongly either way.
  [[nodiscard]] bool sees(std::string_view text) const;

 private:
  std::vector<CharacterRange> unclear_;
  bool has_properties_;
};

}  // namespace winnow::tokenizer
