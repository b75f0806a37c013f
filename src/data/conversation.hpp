#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "data/sample.hpp"

namespace winnow::data {

/// What a message's fields are called.
struct TurnFields {
  std::string_view role;
  std::string_view text;
};
inline constexpr TurnFields kFromValue{"from", "value"};
inline constexpr TurnFields kRoleContent{"role", "content"};

/// The messages of `list`; `name` is its field's, for messages.
/// @throws RowFault for a wrong type, a missing field, an unknown role.
[[nodiscard]] std::vector<Turn> read_turns(simdjson::dom::element list, std::string_view name,
                                           TurnFields fields);

/// One message; `place` is its own, for messages. @throws as read_turns
[[nodiscard]] Turn read_turn(simdjson::dom::element message, const std::string& place,
                             TurnFields fields);

struct Conversation {
  Sample sample;
  std::uint32_t messages = 0;  ///< the list's, and a system text beside it
};

/// Splits messages, the list `name` of `row`, as parse_row.hpp says.
/// @param system  the field with a system text beside the list
/// @throws RowFault if the message before the answer is not the user's, or there are two system
/// texts.
[[nodiscard]] Conversation conversation_of(std::vector<Turn> turns, std::string_view name,
                                           simdjson::dom::object row, std::string_view system);

}  // namespace winnow::data
