#include "tokenizer/byte_alphabet.hpp"

#include <unicode/utf8.h>

#include <array>
#include <cstdint>

namespace winnow::tokenizer {
namespace {

constexpr int kFirstShifted = 0x100;
constexpr int kAlphabetEnd = 0x144;

constexpr bool is_printable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<std::int16_t, 256> character{};
  std::array<std::int16_t, kAlphabetEnd> byte{};  // -1: not of the alphabet
};

constexpr Alphabet make_alphabet() {
  Alphabet alphabet;
  alphabet.byte.fill(-1);
  int shifted = kFirstShifted;
  for (int byte = 0; byte < 256; ++byte) {
    const int character = is_printable(byte) ? byte : shifted++;
    alphabet.character[static_cast<std::size_t>(byte)] = static_cast<std::int16_t>(character);
    alphabet.byte[static_cast<std::size_t>(character)] = static_cast<std::int16_t>(byte);
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = make_alphabet();

}  // namespace

std::string alphabet_character(unsigned char byte) {
  const auto character = static_cast<unsigned>(kAlphabet.character[byte]);
  if (character < 0x80) return {static_cast<char>(character)};
  return {static_cast<char>(0xC0 | (character >> 6)), static_cast<char>(0x80 | (character & 0x3F))};
}

std::optional<std::string> bytes_of_token(std::string_view token) {
  std::string bytes;
  const auto* data = reinterpret_cast<const std::uint8_t*>(token.data());
  const auto size = static_cast<std::int64_t>(token.size());
  for (std::int64_t at = 0; at < size;) {
    UChar32 character = 0;
    U8_NEXT(data, at, size, character);
    if (character < 0 || character >= kAlphabetEnd) return std::nullopt;
    const int byte = kAlphabet.byte[static_cast<std::size_t>(character)];
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace winnow::tokenizer
