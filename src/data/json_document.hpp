#pragma once

#include <string_view>

#include <simdjson.h>

namespace winnow::data {

/// Parses one JSON value with this thread's parser; the element is valid until this thread's next
/// call.
/// @throws RowFault with the place of the first fault.
[[nodiscard]] simdjson::dom::element parse_json(std::string_view text);

/// "a string", "a number", "a list", ...
[[nodiscard]] const char* type_name(simdjson::dom::element element);

}  // namespace winnow::data
