#pragma once

#include <string>
#include <string_view>

namespace winnow::data {

/// How a file strings its rows together.
enum class Layout {
  json_array,  ///< one JSON array of objects, over any number of lines
  json_lines   ///< one object a line
};

/// How a row says its messages.
enum class Format {
  alpaca,  ///< instruction, optional input, output, optional history ([user, assistant] pairs) and
           ///< system
  sharegpt,   ///< conversations: list of {from, value}
  messages,   ///< messages: list of {role, content}
  preference  ///< two answers to one prompt, chosen and rejected; see parse_row.hpp
};

/// What the fields of a row are called.
struct FieldNames {
  std::string instruction = "instruction";
  std::string input = "input";
  std::string output = "output";
  std::string history = "history";
  std::string system = "system";
  std::string conversations = "conversations";
  std::string messages = "messages";
  std::string prompt = "prompt";
  std::string chosen = "chosen";
  std::string rejected = "rejected";
  bool operator==(const FieldNames&) const = default;
};

/// All that is needed to read one row of a data set.
struct RowSchema {
  Format format = Format::alpaca;
  FieldNames fields;
  std::string id_field;         ///< field with the user's own row id; empty: none
  bool answer_required = true;  ///< false: an alpaca row without its output has an empty one
};

/// "alpaca", "sharegpt", "messages", "preference".
[[nodiscard]] std::string_view to_string(Format format);
/// "JSON array", "JSON Lines".
[[nodiscard]] std::string_view to_string(Layout layout);
/// @throws core::UsageError naming the known formats.
[[nodiscard]] Format parse_format(std::string_view name);

}  // namespace winnow::data
