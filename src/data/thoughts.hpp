#pragma once

#include <string>
#include <string_view>

namespace winnow::data {

/// An answer `<think>thoughts</think>content`, cut as Qwen 3's chat template does. Views of the
/// answer.
struct ThoughtfulAnswer {
  std::string_view thoughts;  ///< without line feeds at its ends; empty where there are none
  std::string_view content;   ///< the whole answer where there are none
};

[[nodiscard]] ThoughtfulAnswer split_thoughts(std::string_view answer);

/// What that template writes of the thoughts before the last answer's content.
[[nodiscard]] std::string thoughts_as_prompt(const ThoughtfulAnswer& answer);

/// `text` without the line feeds at its beginning.
[[nodiscard]] std::string_view without_leading_lines(std::string_view text);

/// True for a text that the template takes for a tool's, not a user's.
[[nodiscard]] bool is_tool_response(std::string_view user);

}  // namespace winnow::data
