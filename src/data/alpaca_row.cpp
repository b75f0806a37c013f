#include "data/alpaca_row.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "data/parse_row.hpp"
#include "data/row_object.hpp"

namespace winnow::data {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

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

}  // namespace

Conversation read_alpaca(object row, const FieldNames& fields, bool answer_required) {
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
  sample.output = answer_required
                      ? text_of(required_field(row, fields.output, "a string"), fields.output)
                      : optional_text(row, fields.output);
  if (std::string system = optional_text(row, fields.system); !system.empty())
    sample.system = std::move(system);
  const auto messages =
      static_cast<std::uint32_t>(sample.history.size() + 2 + (sample.system ? 1 : 0));
  return {std::move(sample), messages};
}

}  // namespace winnow::data
