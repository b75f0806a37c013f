#include "data/detect_format.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "data/json_document.hpp"
#include "data/parse_row.hpp"
#include "data/row_object.hpp"

namespace winnow::data {
namespace {

using simdjson::dom::object;

constexpr std::size_t kNamedFields = 12;

bool has(object row, std::string_view name) { return find_field(row, name).has_value(); }

Detected describe(object row, Format format, const FieldNames& fields) {
  std::vector<std::string_view> used;
  const std::vector<std::string_view> names =
      format == Format::preference
          ? std::vector<std::string_view>{fields.prompt,   fields.instruction,   fields.input,
                                          fields.history,  fields.conversations, fields.chosen,
                                          fields.rejected, fields.system}
      : format == Format::sharegpt
          ? std::vector<std::string_view>{fields.conversations, fields.system}
      : format == Format::messages
          ? std::vector<std::string_view>{fields.messages, fields.system}
          : std::vector<std::string_view>{fields.instruction, fields.input, fields.output,
                                          fields.history, fields.system};
  for (const std::string_view name : names)
    if (has(row, name)) used.push_back(name);
  return {format, fields, fmt::format("{} ({})", to_string(format), fmt::join(used, ", "))};
}

}  // namespace

Detected detect_format(std::string_view row_bytes, const FieldNames& fields, bool answer_required) {
  const auto value = parse_json(row_bytes);
  object row;
  if (value.get(row) != simdjson::SUCCESS)
    throw RowFault(fmt::format("found {}, expected an object", type_name(value)), 0);
  if (has(row, fields.chosen) && has(row, fields.rejected))
    return describe(row, Format::preference, fields);
  if (has(row, fields.conversations)) return describe(row, Format::sharegpt, fields);
  if (has(row, fields.messages)) return describe(row, Format::messages, fields);
  if (has(row, fields.instruction) && has(row, fields.output))
    return describe(row, Format::alpaca, fields);
  if (fields == FieldNames{} && has(row, "instruction") && has(row, "response")) {
    FieldNames dolly;
    dolly.input = "context";
    dolly.output = "response";
    return describe(row, Format::alpaca, dolly);
  }
  if (has(row, fields.instruction) && !answer_required)
    return describe(row, Format::alpaca, fields);
  std::vector<std::string_view> found;
  for (const auto field : row)
    if (found.size() < kNamedFields) found.push_back(field.key);
  throw RowFault(fmt::format("found the fields {}, expected {} and {}, or {}, or {}, or {} and {}: "
                             "say data.format and "
                             "data.fields",
                             found.empty() ? "(none)" : fmt::format("{}", fmt::join(found, ", ")),
                             fields.instruction, fields.output, fields.conversations,
                             fields.messages, fields.chosen, fields.rejected),
                 0);
}

}  // namespace winnow::data
