#include "data/row_object.hpp"

#include <fmt/format.h>

#include "data/json_document.hpp"
#include "data/parse_row.hpp"

namespace winnow::data {

using simdjson::dom::element;
using simdjson::dom::object;

std::optional<simdjson::dom::element> find_field(simdjson::dom::object object,
                                                 std::string_view name) {
  std::optional<simdjson::dom::element> found;
  for (const auto field : object)
    if (field.key == name) found = field.value;
  return found;
}

void wrong_type(std::string_view field, element value, std::string_view expected) {
  throw RowFault(
      fmt::format("field `{}`: found {}, expected {}", field, type_name(value), expected), 0);
}

std::optional<element> optional_field(object row, std::string_view name) {
  const auto value = find_field(row, name);
  return value && !value->is_null() ? value : std::nullopt;
}

element required_field(object row, std::string_view name, std::string_view expected) {
  const auto value = find_field(row, name);
  if (!value) throw RowFault(fmt::format("field `{}`: found none, expected {}", name, expected), 0);
  return *value;
}

std::string text_of(element value, std::string_view name) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) wrong_type(name, value, "a string");
  return std::string(text);
}

std::string optional_text(object row, std::string_view name) {
  const auto value = optional_field(row, name);
  return value ? text_of(*value, name) : std::string();
}

}  // namespace winnow::data
