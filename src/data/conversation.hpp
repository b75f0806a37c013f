#pragma once

#include <optional>
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

/// Splits messages as parse_row.hpp says.
/// @throws RowFault if the message before the answer is not the user's.
[[nodiscard]] Sample sample_of(std::vector<Turn> turns, std::string_view name);

/// The value of `object`'s last field `name`, or nothing.
[[nodiscard]] std::optional<simdjson::dom::element> find_field(simdjson::dom::object object,
                                                               std::string_view name);

}  // namespace winnow::data
