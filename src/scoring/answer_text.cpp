#include "scoring/answer_text.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "data/sample.hpp"

namespace winnow::scoring {
namespace {

std::size_t first_stop(const std::string& text, std::span<const std::string> stop_strings) {
  std::size_t first = std::string::npos;
  for (const std::string& stop : stop_strings) first = std::min(first, text.find(stop));
  return first;
}

/// The token with which the template closes an answer, if that is a special one.
std::optional<std::int32_t> closing_id(const tokenizer::Tokenizer& tokenizer,
                                       const data::PromptTemplate& prompt) {
  data::Sample sample;
  sample.instruction.append("question");
  sample.output.append("answer");
  const data::RenderedText rendered = prompt.render(sample).conditional;
  const std::string closing =
      rendered.text.substr(rendered.answer_end, rendered.scored_end - rendered.answer_end);
  const std::vector<std::int32_t> ids = tokenizer.encode(closing, false).ids;
  if (ids.empty()) return std::nullopt;
  const std::span<const std::int32_t> first = std::span(ids).first(1);
  const bool is_special = tokenizer.decode(first, true).empty();
  return is_special ? std::optional(ids.front()) : std::nullopt;
}

}  // namespace

bool holds_stop_string(const tokenizer::Tokenizer& tokenizer, std::span<const std::int32_t> ids,
                       std::span<const std::string> stop_strings) {
  return !stop_strings.empty() &&
         first_stop(tokenizer.decode(ids, false), stop_strings) != std::string::npos;
}

AnswerText answer_text(const tokenizer::Tokenizer& tokenizer, std::span<const std::int32_t> ids,
                       std::span<const std::string> stop_strings) {
  const std::string written = tokenizer.decode(ids, false);
  const std::size_t end =
      stop_strings.empty() ? std::string::npos : first_stop(written, stop_strings);
  if (end == std::string::npos) return {tokenizer.decode(ids, true), {ids.begin(), ids.end()}};
  // Tokens before the cut are whole; a piece of the next one may stand before it too.
  std::size_t whole = ids.size();
  std::string before = written;
  while (whole > 0 && (before.size() > end || !written.starts_with(before)))
    before = tokenizer.decode(ids.first(--whole), false);
  const bool has_piece = before.size() < end;
  AnswerText answer{tokenizer.decode(ids.first(whole), true),
                    {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(whole + has_piece)}};
  answer.text.append(written, before.size(), end - before.size());
  return answer;
}

std::vector<std::int32_t> stop_ids(const tokenizer::Tokenizer& tokenizer,
                                   const data::PromptTemplate& prompt,
                                   std::vector<std::int32_t> of_folder) {
  if (!tokenizer.eos_text().empty())
    if (const auto id = tokenizer.id_of(tokenizer.eos_text())) of_folder.push_back(*id);
  if (const auto id = closing_id(tokenizer, prompt)) of_folder.push_back(*id);
  std::ranges::sort(of_folder);
  const auto repeated = std::ranges::unique(of_folder);
  of_folder.erase(repeated.begin(), repeated.end());
  return of_folder;
}

}  // namespace winnow::scoring
