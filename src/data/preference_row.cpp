#include "data/preference_row.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "data/alpaca_row.hpp"
#include "data/conversation.hpp"
#include "data/parse_row.hpp"
#include "data/row_object.hpp"

namespace winnow::data {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// `answer` in a row of fields; the prompt is the instruction where there is none.
Conversation read_fields(object row, const FieldNames& fields, const std::string& answer) {
  FieldNames names = fields;
  if (!find_field(row, fields.instruction) && find_field(row, fields.prompt))
    names.instruction = fields.prompt;
  names.output = answer;
  return read_alpaca(row, names, /*answer_required=*/true);
}

std::vector<Turn> read_prompt(object row, const FieldNames& fields, const std::string& side) {
  const element prompt = required_field(
      row, fields.prompt,
      fmt::format("a string or a list of messages, since `{}` has no user message", side));
  if (prompt.is_array()) return read_turns(prompt, fields.prompt, kRoleContent);
  return {{Turn::Role::user, text_of(prompt, fields.prompt)}};
}

/// A side that is a list of messages: the whole conversation, or the answer behind the prompt.
std::vector<Turn> read_messages(object row, element list, const FieldNames& fields,
                                const std::string& side) {
  std::vector<Turn> turns = read_turns(list, side, kRoleContent);
  const bool is_whole =
      std::ranges::any_of(turns, [](const Turn& turn) { return turn.role == Turn::Role::user; });
  const auto prompt_list = optional_field(row, fields.prompt);
  if (is_whole && !(prompt_list && prompt_list->is_array())) return turns;
  std::vector<Turn> all = read_prompt(row, fields, side);
  if (!is_whole) {
    std::ranges::move(turns, std::back_inserter(all));
    return all;
  }
  if (turns.size() < all.size() || !std::equal(all.begin(), all.end(), turns.begin()))
    throw RowFault(
        fmt::format("field `{}`: begins otherwise than `{}`, expected its messages before the "
                    "answer, or the answer alone",
                    side, fields.prompt),
        0);
  return turns;
}

/// A side that is one message behind `conversations`.
std::vector<Turn> read_answer(object row, element message, const FieldNames& fields,
                              const std::string& side) {
  std::vector<Turn> turns =
      read_turns(required_field(row, fields.conversations, "a list of messages"),
                 fields.conversations, kFromValue);
  turns.push_back(read_turn(message, side, kFromValue));
  if (turns.back().role != Turn::Role::assistant)
    throw RowFault(fmt::format("field `{}.{}`: found no answer, expected the assistant's", side,
                               kFromValue.role),
                   0);
  return turns;
}

Conversation read_side(object row, const FieldNames& fields, const std::string& side) {
  constexpr const char* kExpected = "an answer: a string, a message or a list of messages";
  const element value = required_field(row, side, kExpected);
  if (value.is_string()) return read_fields(row, fields, side);
  if (value.is_array())
    return conversation_of(read_messages(row, value, fields, side), side, row, fields.system);
  if (value.is_object())
    return conversation_of(read_answer(row, value, fields, side), side, row, fields.system);
  wrong_type(side, value, kExpected);
}

}  // namespace

PairOfSamples read_preference(object row, const FieldNames& fields) {
  Conversation chosen = read_side(row, fields, fields.chosen);
  Conversation rejected = read_side(row, fields, fields.rejected);
  return {std::move(chosen.sample), std::move(rejected.sample), chosen.messages};
}

}  // namespace winnow::data
