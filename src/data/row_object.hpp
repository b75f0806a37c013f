#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace winnow::data {

// The fields of a row's object. Of a key given twice the last counts. All throw RowFault, naming
// the field, what was found and what was expected.

/// The value of `object`'s last field `name`, or nothing.
[[nodiscard]] std::optional<simdjson::dom::element> find_field(simdjson::dom::object object,
                                                               std::string_view name);
/// Nothing where the field is missing or null.
[[nodiscard]] std::optional<simdjson::dom::element> optional_field(simdjson::dom::object row,
                                                                   std::string_view name);
[[nodiscard]] simdjson::dom::element required_field(simdjson::dom::object row,
                                                    std::string_view name,
                                                    std::string_view expected);
/// The string that the field holds.
[[nodiscard]] std::string text_of(simdjson::dom::element value, std::string_view name);
/// Empty where the field is missing or null.
[[nodiscard]] std::string optional_text(simdjson::dom::object row, std::string_view name);

[[noreturn]] void wrong_type(std::string_view field, simdjson::dom::element value,
                             std::string_view expected);

}  // namespace winnow::data
