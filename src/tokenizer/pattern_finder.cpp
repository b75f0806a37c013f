#include "tokenizer/pattern_finder.hpp"

namespace winnow::tokenizer {
namespace {

std::variant<std::string, RegularExpression> compile(const Pattern& pattern,
                                                     const std::string& where) {
  if (pattern.is_regex) return RegularExpression(pattern.text, where);
  return pattern.text;
}

}  // namespace

PatternFinder::PatternFinder(const Pattern& pattern, const std::string& where)
    : pattern_(compile(pattern, where)) {}

std::vector<ByteSpan> PatternFinder::matches(std::string_view text) const {
  if (text.empty()) return {};
  if (const auto* regex = std::get_if<RegularExpression>(&pattern_)) return regex->matches(text);
  const std::string& literal = std::get<std::string>(pattern_);
  std::vector<ByteSpan> found;
  for (std::size_t at = text.find(literal); at != std::string_view::npos;
       at = text.find(literal, at + literal.size()))
    found.push_back(
        {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + literal.size())});
  return found;
}

}  // namespace winnow::tokenizer
