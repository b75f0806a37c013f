#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::data {

/// Where a text stops being JSON.
struct JsonFault {
  std::size_t offset = 0;  ///< of the offending byte; the text's size if it ends too early
  std::string found;
  std::string expected;
  [[nodiscard]] std::string message() const { return "found " + found + ", expected " + expected; }
};

/// The first fault of `text` as one JSON value (RFC 8259: strict UTF-8, no lone surrogates, no
/// control characters in strings), or nothing. Iterative: depth costs one bit a level. It explains
/// what the fast parser refused, and is its oracle in tests.
[[nodiscard]] std::optional<JsonFault> find_json_fault(std::string_view text);

/// How a byte of input is shown in a message: 'x' or byte 0x1F.
[[nodiscard]] std::string show_byte(char byte);

}  // namespace winnow::data
