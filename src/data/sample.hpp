#pragma once

#include <string>
#include <vector>

namespace winnow::data {

struct Turn {
  enum class Role { system, user, assistant };
  Role role = Role::user;
  std::string text;
};

/// One row, whatever its format was: the last user message, its optional input, and the answer that
/// is scored.
struct Sample {
  std::string system;         ///< the row's own system message; empty if it has none
  std::vector<Turn> history;  ///< earlier user and assistant turns, in order
  std::string instruction;
  std::string input;
  std::string output;
};

}  // namespace winnow::data
