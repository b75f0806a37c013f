#include "data/conversation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "data/json_document.hpp"
#include "data/parse_row.hpp"
#include "data/row_object.hpp"

namespace winnow::data {
namespace {

struct RoleName {
  std::string_view name;
  Turn::Role role;
};

constexpr std::array<RoleName, 8> kRoles{{{"human", Turn::Role::user},
                                          {"user", Turn::Role::user},
                                          {"gpt", Turn::Role::assistant},
                                          {"assistant", Turn::Role::assistant},
                                          {"bing", Turn::Role::assistant},
                                          {"chatgpt", Turn::Role::assistant},
                                          {"bard", Turn::Role::assistant},
                                          {"system", Turn::Role::system}}};

std::string_view text_field(simdjson::dom::object turn, std::string_view name,
                            const std::string& place) {
  const auto value = find_field(turn, name);
  if (!value)
    throw RowFault(fmt::format("field `{}`: found no field `{}`, expected a string", place, name),
                   0);
  if (!value->is_string())
    throw RowFault(
        fmt::format("field `{}.{}`: found {}, expected a string", place, name, type_name(*value)),
        0);
  return value->get_string().value_unsafe();
}

Sample sample_of(std::vector<Turn> turns, std::string_view name) {
  Sample sample;
  if (!turns.empty() && turns.front().role == Turn::Role::system) {
    sample.system = std::move(turns.front().text);
    turns.erase(turns.begin());
  }
  const auto is_answer = [](const Turn& turn) { return turn.role == Turn::Role::assistant; };
  const auto last = std::find_if(turns.rbegin(), turns.rend(), is_answer);
  if (last != turns.rend()) {
    sample.output = std::move(last->text);
    turns.erase(last.base() - 1, turns.end());
    if (turns.empty() || turns.back().role != Turn::Role::user)
      throw RowFault(
          fmt::format(
              "field `{}`: found no user message right before the last answer, expected one", name),
          0);
  }
  if (!turns.empty() && turns.back().role == Turn::Role::user) {
    sample.instruction = std::move(turns.back().text);
    turns.pop_back();
  }
  sample.history = std::move(turns);
  return sample;
}

}  // namespace

Turn read_turn(simdjson::dom::element message, const std::string& place, TurnFields fields) {
  simdjson::dom::object turn;
  if (message.get(turn) != simdjson::SUCCESS)
    throw RowFault(fmt::format("field `{}`: found {}, expected an object with `{}` and `{}`", place,
                               type_name(message), fields.role, fields.text),
                   0);
  const std::string_view role_name = text_field(turn, fields.role, place);
  const auto role = std::find_if(kRoles.begin(), kRoles.end(),
                                 [&](const RoleName& r) { return r.name == role_name; });
  if (role == kRoles.end())
    throw RowFault(
        fmt::format(
            "field `{}.{}`: found \"{}\", expected human, user, gpt, assistant, bing, chatgpt, "
            "bard or system",
            place, fields.role, role_name),
        0);
  return {role->role, std::string(text_field(turn, fields.text, place))};
}

std::vector<Turn> read_turns(simdjson::dom::element list, std::string_view name,
                             TurnFields fields) {
  simdjson::dom::array elements;
  if (list.get(elements) != simdjson::SUCCESS)
    throw RowFault(
        fmt::format("field `{}`: found {}, expected a list of messages", name, type_name(list)), 0);
  std::vector<Turn> turns;
  for (const simdjson::dom::element element : elements)
    turns.push_back(read_turn(element, fmt::format("{}[{}]", name, turns.size()), fields));
  return turns;
}

Conversation conversation_of(std::vector<Turn> turns, std::string_view name,
                             simdjson::dom::object row, std::string_view system) {
  Conversation conversation;
  conversation.messages = static_cast<std::uint32_t>(turns.size());
  conversation.sample = sample_of(std::move(turns), name);
  std::string field_system = optional_text(row, system);
  if (field_system.empty()) return conversation;
  if (conversation.sample.system)
    throw RowFault(
        fmt::format("field `{}`: found a second system text beside that of `{}`, expected one",
                    system, name),
        0);
  conversation.sample.system = std::move(field_system);
  ++conversation.messages;
  return conversation;
}

}  // namespace winnow::data
