#include "data/parse_row.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "data/conversation.hpp"
#include "data/json_document.hpp"

namespace winnow::data {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

[[noreturn]] void wrong_type(std::string_view field, element value, std::string_view expected) {
  throw RowFault(
      fmt::format("field `{}`: found {}, expected {}", field, type_name(value), expected), 0);
}

/// Nothing where the field is missing or null.
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

std::vector<Turn> read_history(element history, std::string_view name) {
  simdjson::dom::array pairs;
  if (history.get(pairs) != simdjson::SUCCESS)
    wrong_type(name, history, "a list of [user, assistant] pairs");
  std::vector<Turn> turns;
  for (const element pair : pairs) {
    const std::string place = fmt::format("{}[{}]", name, turns.size() / 2);
    simdjson::dom::array texts;
    if (pair.get(texts) != simdjson::SUCCESS) wrong_type(place, pair, "a [user, assistant] pair");
    if (texts.size() != 2)
      throw RowFault(
          fmt::format("field `{}`: found a list of {}, expected a [user, assistant] pair", place,
                      texts.size()),
          0);
    turns.push_back({Turn::Role::user, text_of(texts.at(0).value_unsafe(), place)});
    turns.push_back({Turn::Role::assistant, text_of(texts.at(1).value_unsafe(), place)});
  }
  return turns;
}

Sample read_alpaca(object row, const RowSchema& schema) {
  const FieldNames& fields = schema.fields;
  Sample sample;
  if (const auto history = optional_field(row, fields.history))
    sample.history = read_history(*history, fields.history);
  const element instruction = required_field(row, fields.instruction, "a string");
  if (instruction.is_array()) {
    auto turns = read_turns(instruction, fields.instruction, kFromValue);
    if (turns.empty() || turns.back().role != Turn::Role::user)
      throw RowFault(fmt::format("field `{}`: found no user message at its end, expected one",
                                 fields.instruction),
                     0);
    sample.instruction = std::move(turns.back().text);
    turns.pop_back();
    std::move(turns.begin(), turns.end(), std::back_inserter(sample.history));
  } else {
    if (!instruction.is_string())
      wrong_type(fields.instruction, instruction, "a string, or a list of turns");
    sample.instruction = text_of(instruction, fields.instruction);
  }
  sample.input = optional_text(row, fields.input);
  sample.output = schema.answer_required
                      ? text_of(required_field(row, fields.output, "a string"), fields.output)
                      : optional_text(row, fields.output);
  if (std::string system = optional_text(row, fields.system); !system.empty())
    sample.system = std::move(system);
  return sample;
}

ParsedRow read_conversation(object row, const std::string& list, TurnFields turn_fields,
                            const std::string& system) {
  auto turns = read_turns(required_field(row, list, "a list of messages"), list, turn_fields);
  ParsedRow parsed;
  parsed.messages = static_cast<std::uint32_t>(turns.size());
  parsed.sample = sample_of(std::move(turns), list);
  std::string field_system = optional_text(row, system);
  if (field_system.empty()) return parsed;
  if (parsed.sample.system)
    throw RowFault(
        fmt::format("field `{}`: found a second system text beside that of `{}`, expected one",
                    system, list),
        0);
  parsed.sample.system = std::move(field_system);
  ++parsed.messages;
  return parsed;
}

ParsedRow read_row(object row, const RowSchema& schema) {
  const FieldNames& fields = schema.fields;
  if (schema.format == Format::sharegpt)
    return read_conversation(row, fields.conversations, kFromValue, fields.system);
  if (schema.format == Format::messages)
    return read_conversation(row, fields.messages, kRoleContent, fields.system);
  ParsedRow parsed;
  parsed.sample = read_alpaca(row, schema);
  parsed.messages =
      static_cast<std::uint32_t>(parsed.sample.history.size() + 2 + (parsed.sample.system ? 1 : 0));
  return parsed;
}

std::string read_id(object row, const std::string& name) {
  const element id = required_field(row, name, "a row id");
  std::string text;
  if (id.is_uint64()) {
    text = std::to_string(id.get_uint64().value_unsafe());
  } else if (id.is_int64()) {
    text = std::to_string(id.get_int64().value_unsafe());
  } else if (id.is_string()) {
    text = text_of(id, name);
  } else {
    wrong_type(name, id, "a row id: a string or an integer");
  }
  if (text.empty())
    throw RowFault(fmt::format("field `{}`: found an empty string, expected a row id", name), 0);
  return text;
}

}  // namespace

ParsedRow parse_row(std::string_view bytes, const RowSchema& schema) {
  const element value = parse_json(bytes);
  object row;
  if (value.get(row) != simdjson::SUCCESS)
    throw RowFault(fmt::format("found {}, expected an object", type_name(value)), 0);
  ParsedRow parsed = read_row(row, schema);
  if (!schema.id_field.empty()) parsed.id = read_id(row, schema.id_field);
  return parsed;
}

}  // namespace winnow::data
