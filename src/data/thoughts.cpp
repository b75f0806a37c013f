#include "data/thoughts.hpp"

namespace winnow::data {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";

std::string_view without_trailing_lines(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

}  // namespace

ThoughtfulAnswer split_thoughts(std::string_view answer) {
  const std::size_t last_close = answer.rfind(kClose);
  if (last_close == std::string_view::npos) return {{}, answer};
  std::string_view thoughts = answer.substr(0, answer.find(kClose));
  if (const std::size_t open = thoughts.rfind(kOpen); open != std::string_view::npos)
    thoughts.remove_prefix(open + kOpen.size());
  return {without_leading_lines(without_trailing_lines(thoughts)),
          without_leading_lines(answer.substr(last_close + kClose.size()))};
}

std::string thoughts_as_prompt(const ThoughtfulAnswer& answer) {
  return std::string(kOpen).append("\n").append(answer.thoughts).append("\n</think>\n\n");
}

std::string_view without_leading_lines(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  return text;
}

bool is_tool_response(std::string_view user) {
  return user.starts_with("<tool_response>") && user.ends_with("</tool_response>");
}

}  // namespace winnow::data
