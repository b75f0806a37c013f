#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::tokenizer {

/// Bytes [begin, end) of a text.
struct ByteSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const ByteSpan&) const = default;
};

/// These bytes of `text`.
[[nodiscard]] inline std::string_view part(std::string_view text, ByteSpan place) {
  return text.substr(place.begin, place.end - place.begin);
}

/// The character whose first byte is text[at]; `at` moves past it. The text must be valid UTF-8.
char32_t next_character(std::string_view text, std::size_t& at);
/// The character that ends before text[at]; `at` moves to its first byte.
char32_t previous_character(std::string_view text, std::size_t& at);
/// The character in UTF-8 at the end of `text`.
void append_character(std::string& text, char32_t character);
/// The first byte of the character that byte `at` belongs to, and one past its last byte.
[[nodiscard]] ByteSpan character_around(std::string_view text, std::size_t at);

/// How many characters `text` has, which is valid UTF-8.
[[nodiscard]] std::size_t characters_in(std::string_view text);

/// The first byte that is not UTF-8.
[[nodiscard]] std::optional<std::size_t> first_invalid_byte(std::string_view text);

/// True if some character of `text` has a stand-in (recent_characters.hpp).
[[nodiscard]] bool has_recent_character(std::string_view text);
/// `text` with a stand-in for every character that has one.
[[nodiscard]] std::string with_stand_ins(std::string_view text);

/// Unicode's White_Space.
[[nodiscard]] bool is_white_space(char32_t character);
/// \w of Rust's regular expressions: letters, marks, decimal digits, connectors, joiners.
[[nodiscard]] bool is_word_character(char32_t character);
/// Any number: categories Nd, Nl, No.
[[nodiscard]] bool is_numeric(char32_t character);

/// `bytes` with each longest piece that cannot be UTF-8 replaced by U+FFFD, as Unicode recommends.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);

}  // namespace winnow::tokenizer
