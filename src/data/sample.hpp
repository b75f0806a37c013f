#pragma once

#include <optional>
#include <string>
#include <vector>

namespace winnow::data {

struct Turn {
  enum class Role { system, user, assistant };
  Role role = Role::user;
  std::string text;
  bool operator==(const Turn&) const = default;
};

/// One row, whatever its format was: the last user message, its optional input, and the answer that
/// is scored.
struct Sample {
  /// The row's own system message. A conversation may have an empty one, which is written down.
  std::optional<std::string> system;
  std::vector<Turn> history;  ///< earlier user and assistant turns, in order
  std::string instruction;
  std::string input;
  std::string output;
};

}  // namespace winnow::data
