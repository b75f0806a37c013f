#include "core/error.hpp"

#include <fmt/format.h>

namespace winnow::core {
namespace {

constexpr std::size_t kLongestLine = 1000;

/// Length of the valid UTF-8 sequence at the front of `bytes`, 0 if there is none.
std::size_t utf8_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead > 0xF4 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0) != 0x80) return 0;
  if (lead == 0xE0 && at(1) < 0xA0) return 0;
  if (lead == 0xED && at(1) > 0x9F) return 0;
  if (lead == 0xF0 && at(1) < 0x90) return 0;
  if (lead == 0xF4 && at(1) > 0x8F) return 0;
  return length;
}

}  // namespace

std::string one_line(std::string_view message) {
  std::string line;
  while (!message.empty()) {
    const auto byte = static_cast<unsigned char>(message.front());
    const std::size_t length = utf8_length(message);
    std::string piece;
    if (byte == '\n') {
      piece = "\\n";
    } else if (byte == '\t') {
      piece = "\\t";
    } else if (length == 0 || byte < 0x20 || byte == 0x7F) {
      piece = fmt::format("\\x{:02x}", byte);
    } else {
      piece = message.substr(0, length);
    }
    if (line.size() + piece.size() > kLongestLine - 3) return line + "...";
    line += piece;
    message.remove_prefix(length == 0 ? 1 : length);
  }
  return line;
}

}  // namespace winnow::core
