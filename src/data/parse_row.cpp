#include "data/parse_row.hpp"

#include <utility>

#include <fmt/format.h>

#include "data/alpaca_row.hpp"
#include "data/conversation.hpp"
#include "data/json_document.hpp"
#include "data/preference_row.hpp"
#include "data/row_object.hpp"

namespace winnow::data {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

Conversation read_conversation(object row, const std::string& list, TurnFields turn_fields,
                               const std::string& system) {
  return conversation_of(
      read_turns(required_field(row, list, "a list of messages"), list, turn_fields), list, row,
      system);
}

ParsedRow parsed_of(Conversation conversation) {
  return {std::move(conversation.sample), conversation.messages, {}, std::nullopt};
}

ParsedRow read_row(object row, const RowSchema& schema) {
  const FieldNames& fields = schema.fields;
  switch (schema.format) {
    case Format::sharegpt:
      return parsed_of(read_conversation(row, fields.conversations, kFromValue, fields.system));
    case Format::messages:
      return parsed_of(read_conversation(row, fields.messages, kRoleContent, fields.system));
    case Format::preference: {
      PairOfSamples pair = read_preference(row, fields);
      return {std::move(pair.chosen), pair.messages, {}, std::move(pair.rejected)};
    }
    case Format::alpaca:
      break;
  }
  return parsed_of(read_alpaca(row, fields, schema.answer_required));
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
