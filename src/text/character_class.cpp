#include "text/character_class.hpp"

#include <string>

#include <unicode/uchar.h>
#include <unicode/uniset.h>

#include "core/error.hpp"

namespace winnow::text {
namespace {

icu::UnicodeSet make_set(const char* properties) {
  UErrorCode status = U_ZERO_ERROR;
  const auto pattern =
      icu::UnicodeString::fromUTF8(std::string("[") + properties + "&[:Age=14.0:]]");
  icu::UnicodeSet set(pattern, status);
  core::check(U_SUCCESS(status) != 0, "ICU knows the character properties");
  set.freeze();
  return set;
}

bool contains(const icu::UnicodeSet& set, char32_t code_point) {
  return set.contains(static_cast<UChar32>(code_point)) != 0;
}

bool is_ascii_letter(char32_t code_point) {
  return (code_point | 0x20) >= 'a' && (code_point | 0x20) <= 'z';
}

}  // namespace

bool is_word_character(char32_t code_point) {
  if (code_point < 0x80)
    return is_ascii_letter(code_point) || (code_point >= '0' && code_point <= '9') ||
           code_point == '_';
  static const icu::UnicodeSet set =
      make_set("[[:L:][:Numeric_Type=Decimal:][:Numeric_Type=Digit:][:Numeric_Type=Numeric:]_]");
  return contains(set, code_point);
}

bool is_space(char32_t code_point) {
  if (code_point < 0x80)
    return code_point == ' ' || (code_point >= '\t' && code_point <= '\r') ||
           (code_point >= 0x1C && code_point <= 0x1F);
  // str.isspace(): category Zs or bidirectional class WS, B, S.
  static const icu::UnicodeSet set =
      make_set("[[:Zs:][:Bidi_Class=WS:][:Bidi_Class=B:][:Bidi_Class=S:]]");
  return contains(set, code_point);
}

bool is_upper(char32_t code_point) {
  static const icu::UnicodeSet set = make_set("[:Uppercase:]");
  return contains(set, code_point);
}

bool is_lower(char32_t code_point) {
  static const icu::UnicodeSet set = make_set("[:Lowercase:]");
  return contains(set, code_point);
}

bool is_cased(char32_t code_point) {
  static const icu::UnicodeSet set = make_set("[:Cased:]");
  return contains(set, code_point);
}

bool is_case_ignorable(char32_t code_point) {
  static const icu::UnicodeSet set = make_set("[:Case_Ignorable:]");
  return contains(set, code_point);
}

char32_t to_lower(char32_t code_point) {
  if (code_point < 0x80) return is_ascii_letter(code_point) ? code_point | 0x20 : code_point;
  static const icu::UnicodeSet changing = make_set("[:Changes_When_Lowercased:]");
  if (!contains(changing, code_point)) return code_point;
  return static_cast<char32_t>(u_tolower(static_cast<UChar32>(code_point)));
}

}  // namespace winnow::text
