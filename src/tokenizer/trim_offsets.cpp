#include "tokenizer/trim_offsets.hpp"

#include <algorithm>

namespace winnow::tokenizer {
namespace {

constexpr char32_t kWrittenSpace = 0x120;

bool is_blank(char32_t character) {
  return character == kWrittenSpace || is_white_space(character);
}

}  // namespace

Blanks blanks_of(std::string_view text) {
  Blanks blanks;
  for (std::size_t at = 0; at < text.size() && is_blank(next_character(text, at));)
    ++blanks.leading;
  for (std::size_t at = text.size(); at > 0 && is_blank(previous_character(text, at));)
    ++blanks.trailing;
  return blanks;
}

ByteSpan trim_offsets(std::string_view text, ByteSpan place, Blanks blanks, bool is_first,
                      bool add_prefix_space) {
  if ((is_first || place.begin == 0) && add_prefix_space && blanks.leading == 1) blanks.leading = 0;
  std::size_t begin = place.begin;
  for (std::size_t i = 0; i < blanks.leading && begin < place.end; ++i) next_character(text, begin);
  std::size_t end = place.end;
  std::size_t left = blanks.trailing;
  for (; left > 0 && end > 0; --left) previous_character(text, end);
  if (left > 0) end = place.end;
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(std::max(begin, end))};
}

}  // namespace winnow::tokenizer
