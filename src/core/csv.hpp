#pragma once

#include <string>

namespace winnow::core {

/// A field of a CSV line (RFC 4180): quoted where commas, quotes or line ends stand in it.
[[nodiscard]] inline std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

}  // namespace winnow::core
