#include "tokenizer/pre_tokenizer.hpp"

#include <utility>

namespace winnow::tokenizer {
namespace {

constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

ByteSpan span(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

std::vector<ByteSpan> find_literal(std::string_view literal, std::string_view text) {
  std::vector<ByteSpan> found;
  for (std::size_t at = text.find(literal); at != std::string_view::npos;
       at = text.find(literal, at + literal.size()))
    found.push_back(span(at, at + literal.size()));
  return found;
}

std::vector<ByteSpan> find_digits(std::string_view text) {
  std::vector<ByteSpan> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (is_numeric(next_character(text, at))) found.push_back(span(begin, at));
  }
  return found;
}

struct Part {
  ByteSpan place;
  bool is_delimiter = false;
};

/// Delimiters and what is between them, in order, the whole of a text of `size` bytes.
std::vector<Part> parts_of(std::span<const ByteSpan> delimiters, std::size_t size, bool invert) {
  std::vector<Part> parts;
  std::uint32_t end = 0;
  for (const ByteSpan& delimiter : delimiters) {
    if (end != delimiter.begin) parts.push_back({{end, delimiter.begin}, invert});
    parts.push_back({delimiter, !invert});
    end = delimiter.end;
  }
  if (end != size) parts.push_back({span(end, size), invert});
  return parts;
}

void join_neighbours(std::vector<Part>& parts) {
  std::vector<Part> joined;
  for (const Part& part : parts) {
    if (!joined.empty() && joined.back().is_delimiter == part.is_delimiter)
      joined.back().place.end = part.place.end;
    else
      joined.push_back(part);
  }
  parts = std::move(joined);
}

}  // namespace

PreTokenizer::PreTokenizer(std::span<const PreTokenizerStep> steps, const std::string& file) {
  for (const PreTokenizerStep& step : steps)
    std::visit([&](const auto& one) { add(one, file); }, step);
}

void PreTokenizer::add(const SplitStep& step, const std::string& file) {
  if (step.is_regex)
    steps_.emplace_back(
        Cut{RegularExpression(step.pattern, file + ": pre_tokenizer"), step.behavior, step.invert});
  else
    steps_.emplace_back(Cut{Literal{step.pattern}, step.behavior, step.invert});
}

void PreTokenizer::add(const DigitsStep& step, const std::string&) {
  steps_.emplace_back(
      Cut{step, step.individual ? SplitBehavior::isolated : SplitBehavior::contiguous, false});
}

void PreTokenizer::add(const ByteLevelStep& step, const std::string& file) {
  if (step.add_prefix_space) steps_.emplace_back(AddPrefixSpace{});
  if (step.use_regex)
    steps_.emplace_back(Cut{RegularExpression(kGpt2Pattern, file), SplitBehavior::isolated, false});
}

std::vector<Word> PreTokenizer::split(std::string_view text) const {
  std::vector<Word> words;
  if (!text.empty()) words.push_back({span(0, text.size()), false});
  std::vector<Word> next;
  for (const Step& step : steps_) {
    next.clear();
    next.reserve(words.size());
    for (const Word& word : words)
      std::visit([&](const auto& one) { apply(one, text, word, next); }, step);
    words.swap(next);
  }
  return words;
}

void PreTokenizer::apply(const AddPrefixSpace&, std::string_view text, const Word& word,
                         std::vector<Word>& out) {
  out.push_back({word.place, text[word.place.begin] != ' '});
}

void PreTokenizer::apply(const Cut& cut, std::string_view text, const Word& word,
                         std::vector<Word>& out) {
  const std::string_view bytes = text.substr(word.place.begin, word.place.end - word.place.begin);
  std::string prefixed;
  if (word.has_prefix) prefixed.assign(1, ' ').append(bytes);
  const std::string_view subject = word.has_prefix ? prefixed : bytes;
  std::vector<Part> parts = parts_of(delimiters(cut, subject), subject.size(), cut.invert);
  if (cut.behavior == SplitBehavior::contiguous) join_neighbours(parts);
  for (const auto& [place, is_delimiter] : parts) {
    if (place.begin == place.end || (is_delimiter && cut.behavior == SplitBehavior::removed))
      continue;
    const bool has_prefix = word.has_prefix && place.begin == 0;
    const std::uint32_t shift = word.place.begin - (word.has_prefix ? 1 : 0);
    out.push_back({{shift + place.begin + (has_prefix ? 1 : 0), shift + place.end}, has_prefix});
  }
}

std::vector<ByteSpan> PreTokenizer::delimiters(const Cut& cut, std::string_view text) {
  if (const auto* regex = std::get_if<RegularExpression>(&cut.delimiter))
    return regex->matches(text);
  if (const auto* literal = std::get_if<Literal>(&cut.delimiter))
    return find_literal(literal->text, text);
  return find_digits(text);
}

}  // namespace winnow::tokenizer
