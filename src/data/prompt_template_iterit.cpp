#include "data/prompt_template_iterit.hpp"

namespace winnow::data {

std::string_view iterit_prefix(std::string_view text, std::string_view output) {
  if (const std::size_t found = text.rfind(output); found != std::string_view::npos)
    return text.substr(0, found);
  constexpr auto is_continuation = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
  };
  while (!text.empty() && is_continuation(text.back())) text.remove_suffix(1);
  if (!text.empty()) text.remove_suffix(1);
  return text;
}

}  // namespace winnow::data
