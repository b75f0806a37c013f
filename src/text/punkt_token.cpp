#include "text/punkt_token.hpp"

#include <algorithm>

#include "text/character_class.hpp"
#include "text/punkt_english.hpp"

namespace winnow::text::punkt {
namespace {

constexpr std::u32string_view kWordEnds = U")\";}]*:@'({[‘’“”«»?!";
constexpr std::u32string_view kNoWordStarts = U"(\"`{[:;&#*@)}]-,";

bool is_decimal(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_letter(char32_t c) { return is_word_character(c) && !is_decimal(c); }

// -?[.,]?\d[\d,.-]*
bool is_number_text(std::u32string_view text) {
  std::size_t i = 0;
  if (i < text.size() && text[i] == U'-') ++i;
  if (i < text.size() && (text[i] == U'.' || text[i] == U',')) ++i;
  if (i == text.size() || !is_decimal(text[i])) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), [](char32_t c) {
    return is_decimal(c) || c == U',' || c == U'.' || c == U'-';
  });
}

std::string make_type(std::u32string_view text) {
  if (is_number_text(text)) return "##number##";
  std::string type;
  for (const char32_t c : text) {
    if (c >= 0x80) return {};
    type.push_back(static_cast<char>(to_lower(c)));
  }
  return type;
}

bool is_known_abbreviation(std::string_view word) {
  return is_abbreviation(word) || is_abbreviation(word.substr(word.rfind('-') + 1));
}

std::size_t run_length(std::u32string_view text, char32_t c) {
  return std::min(text.find_first_not_of(c), text.size());
}

// Length of "--", "..", ". . ." and longer ones at the beginning of `text`, 0 if there is none.
std::size_t long_mark_length(std::u32string_view text) {
  for (const char32_t mark : {U'-', U'.'})
    if (const std::size_t length = run_length(text, mark); length >= 2) return length;
  std::size_t spaced = 0;
  while (spaced + 1 < text.size() && text[spaced] == U'.' && is_space(text[spaced + 1]))
    spaced += 2;
  if (spaced < text.size() && text[spaced] == U'.') return spaced >= 4 ? spaced + 1 : 0;
  return spaced >= 6 ? spaced - 1 : 0;
}

bool begins_long_mark(std::u32string_view text) { return long_mark_length(text.substr(0, 5)) != 0; }

bool ends_word_at(std::u32string_view line, std::size_t i) {
  return i == line.size() || is_space(line[i]) || ends_word(line[i]) ||
         begins_long_mark(line.substr(i));
}

std::size_t token_length(std::u32string_view line) {
  if (const std::size_t length = long_mark_length(line); length != 0) return length;
  if (kNoWordStarts.find(line[0]) != line.npos) return 1;
  std::size_t i = 1;
  while (!ends_word_at(line, i) && !(line[i] == U',' && ends_word_at(line, i + 1))) ++i;
  return i;
}

}  // namespace

bool ends_word(char32_t c) { return kWordEnds.find(c) != kWordEnds.npos; }

Token::Token(std::u32string_view token) : text(token), type(make_type(token)) {
  ends_with_period = text.back() == U'.';
  is_ellipsis = text.size() >= 2 && run_length(text, U'.') == text.size();
  if (text == U"." || text == U"?" || text == U"!") {
    ends_sentence = true;
  } else if (!is_ellipsis && ends_with_period && !text.ends_with(U"..")) {
    is_abbreviation = is_known_abbreviation(bare_type());
    ends_sentence = !is_abbreviation;
  }
}

bool Token::is_initial() const { return text.size() == 2 && is_letter(text[0]) && text[1] == U'.'; }

bool Token::is_upper() const { return text::is_upper(text[0]); }

bool Token::is_lower() const { return text::is_lower(text[0]); }

std::string_view Token::bare_type() const {
  std::string_view bare = type;
  if (bare.size() > 1 && bare.back() == '.') bare.remove_suffix(1);
  return bare;
}

std::string_view Token::type_in_sentence() const {
  return ends_sentence ? bare_type() : std::string_view(type);
}

std::vector<Token> tokenize(std::u32string_view line) {
  std::vector<Token> tokens;
  while (!line.empty()) {
    if (is_space(line[0])) {
      line.remove_prefix(1);
      continue;
    }
    const std::size_t length = token_length(line);
    tokens.emplace_back(line.substr(0, length));
    line.remove_prefix(length);
  }
  return tokens;
}

}  // namespace winnow::text::punkt
