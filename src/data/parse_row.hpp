#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "data/row_format.hpp"
#include "data/sample.hpp"

namespace winnow::data {

/// One row is bad: its JSON, its fields or their types. The file's name is the caller's to add:
/// locate().
struct RowFault : core::DataError {
  RowFault(const std::string& message, std::uint64_t offset_in_row)
      : core::DataError(message), offset(offset_in_row) {}
  std::uint64_t offset = 0;  ///< byte in the row; 0 where the fault belongs to the row as a whole
};

struct ParsedRow {
  Sample sample;
  std::uint32_t messages = 0;  ///< in the row: the list's, or instruction, output, two per history
                               ///< pair; and a system text
  std::string id;              ///< text of RowSchema::id_field; empty without one
  /// Of a pair, the row with the rejected answer; `sample` has the chosen one.
  std::optional<Sample> rejected;
};

/// Reads a row strictly. Of a key given twice the last counts, as in Python's json. `null` for
/// input, history or system counts as absent. Numbers must fit 64-bit integers or doubles; nesting
/// may be 1,000 deep.
///
/// Alpaca: `instruction` may also be a list of {from, value} turns that ends with the user's
/// (IterIT's multi-turn form). Conversations: the answer is the last assistant message, the
/// instruction the user message right before it, everything earlier is history, a leading system
/// message is `system`; what follows the answer is left out. Without an assistant message the
/// output is empty. Roles: human, user | gpt, assistant, bing, chatgpt, bard | system.
///
/// Preference: `chosen` and `rejected`, each a string beside the fields of an Alpaca row (`prompt`
/// may stand for `instruction`); or a list of {role, content}: a whole conversation, or the answer
/// behind `prompt`, a string or such a list, with which a whole conversation must begin too if it
/// is a list; or one {from, value} behind `conversations`. Whether the two have a prompt in common
/// is not asked here.
/// @throws RowFault: no JSON, no object, a missing field, a wrong type, an unknown role, an id that
/// is neither text nor integer.
[[nodiscard]] ParsedRow parse_row(std::string_view bytes, const RowSchema& schema);

}  // namespace winnow::data
