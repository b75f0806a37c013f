#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/property_names.hpp"

namespace winnow::tokenizer {

/// An Oniguruma pattern as PCRE2 must be given it, and what it asks of characters.
struct TranslatedPattern {
  std::string pcre2;
  std::vector<CharacterRange> characters;  ///< its literals and ranges
  std::vector<CharacterRange> gaps;        ///< of its scripts: Property::gaps
  bool has_properties = false;
};

/// @param where  stands before the complaint in messages
/// @throws core::ModelError for a construct that does not mean the same in both, by name.
[[nodiscard]] TranslatedPattern to_pcre2(std::string_view pattern, const std::string& where);

}  // namespace winnow::tokenizer
