#include "text/utf8.hpp"

#include <cstdint>

namespace winnow::text {
namespace {

constexpr CodePoint kMalformed{0xFFFD, 1};

std::uint8_t byte_at(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint8_t>(bytes[offset]);
}

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0U) == 0x80U; }

// kMalformed also stands for a well-formed U+FFFD, whose length tells it apart.
CodePoint decode_multibyte(std::string_view bytes, std::size_t offset) {
  const std::uint8_t lead = byte_at(bytes, offset);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() - offset < length) return kMalformed;
  char32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const std::uint8_t byte = byte_at(bytes, offset + i);
    if (!is_continuation(byte)) return kMalformed;
    value = (value << 6) | (byte & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || value > 0x10FFFF || is_surrogate) return kMalformed;
  return {value, length};
}

}  // namespace

CodePoint decode_at(std::string_view bytes, std::size_t offset) {
  const std::uint8_t lead = byte_at(bytes, offset);
  if (lead < 0x80) return {lead, 1};
  return decode_multibyte(bytes, offset);
}

CodePoint decode_before(std::string_view bytes, std::size_t offset) {
  for (std::size_t length = 1; length <= 4 && length <= offset; ++length) {
    if (is_continuation(byte_at(bytes, offset - length))) continue;
    const CodePoint found = decode_at(bytes, offset - length);
    return found.length == length ? found : kMalformed;
  }
  return kMalformed;
}

std::optional<std::size_t> find_invalid_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    if (byte_at(bytes, i) < 0x80) {
      ++i;
      continue;
    }
    const CodePoint found = decode_multibyte(bytes, i);
    if (found.length == 1) return i;
    i += found.length;
  }
  return std::nullopt;
}

std::u32string decode(std::string_view bytes) {
  std::u32string result;
  result.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const CodePoint found = decode_at(bytes, i);
    result.push_back(found.value);
    i += found.length;
  }
  return result;
}

void append_utf8(std::string& bytes, char32_t code_point) {
  const auto put = [&bytes](char32_t byte) { bytes.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

}  // namespace winnow::text
