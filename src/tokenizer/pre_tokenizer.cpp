#include "tokenizer/pre_tokenizer.hpp"

#include <utility>

#include "tokenizer/character_classes.hpp"
#include "tokenizer/normalizer.hpp"
#include "tokenizer/split_behavior.hpp"

namespace winnow::tokenizer {
namespace {

constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

ByteSpan span(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

/// Runs of one kind; characters of kind 0 belong to none.
template <typename Kind>
std::vector<ByteSpan> runs(std::string_view text, Kind kind_of) {
  std::vector<ByteSpan> found;
  int last = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const int kind = kind_of(next_character(text, at));
    if (kind != 0 && kind == last)
      found.back().end = static_cast<std::uint32_t>(at);
    else if (kind != 0)
      found.push_back(span(begin, at));
    last = kind;
  }
  return found;
}

void replace_all(std::string_view text, ByteSpan place, char old_byte, std::string_view content,
                 const NormalizedText& from, TextRewriter& rewriter) {
  std::size_t end = place.begin;
  for (std::size_t at = text.find(old_byte, end); at < place.end; at = text.find(old_byte, end)) {
    rewriter.copy(end, at);
    rewriter.put(content, from.source_of_byte(at));
    end = at + 1;
  }
  rewriter.copy(end, place.end);
}

}  // namespace

PreTokenizer::PreTokenizer(std::span<const PreTokenizerStep> steps, const std::string& file) {
  for (const PreTokenizerStep& step : steps)
    std::visit([&](const auto& one) { add(one, file); }, step);
}

void PreTokenizer::add(const SplitStep& step, const std::string& file) {
  steps_.emplace_back(
      Cut{PatternFinder(step.pattern, file + ": pre_tokenizer"), step.behavior, step.invert});
}

void PreTokenizer::add(const DigitsStep& step, const std::string&) {
  steps_.emplace_back(Cut{CharacterClass::numeric,
                          step.individual ? SplitBehavior::isolated : SplitBehavior::contiguous,
                          false});
}

void PreTokenizer::add(const PunctuationStep& step, const std::string&) {
  steps_.emplace_back(Cut{CharacterClass::punctuation, step.behavior, false});
}

void PreTokenizer::add(const BertStep&, const std::string& file) {
  add(WhitespaceSplitStep{}, file);
  add(PunctuationStep{SplitBehavior::isolated}, file);
}

void PreTokenizer::add(const WhitespaceStep&, const std::string&) {
  steps_.emplace_back(Cut{WordRuns{}, SplitBehavior::removed, true});
}

void PreTokenizer::add(const WhitespaceSplitStep&, const std::string&) {
  steps_.emplace_back(Cut{CharacterClass::white_space, SplitBehavior::removed, false});
}

void PreTokenizer::add(const ByteLevelStep& step, const std::string& file) {
  if (step.add_prefix_space) steps_.emplace_back(AddPrefixSpace{});
  if (step.use_regex)
    steps_.emplace_back(Cut{PatternFinder({std::string(kGpt2Pattern), true}, file),
                            SplitBehavior::isolated, false});
}

void PreTokenizer::add(const MetaspaceStep& step, const std::string& file) {
  steps_.emplace_back(step);
  if (step.split)
    steps_.emplace_back(Cut{PatternFinder({step.replacement, false}, file),
                            SplitBehavior::merged_with_next, false});
}

Words PreTokenizer::split(const NormalizedText& text, ByteSpan place) const {
  Words words{&text, std::nullopt, {}};
  if (place.begin < place.end) words.places.push_back(place);
  for (const Step& step : steps_) std::visit([&](const auto& one) { apply(one, words); }, step);
  return words;
}

void PreTokenizer::apply(const AddPrefixSpace&, Words& words) {
  const std::string_view bytes = words.text().bytes();
  TextRewriter rewriter(words.text());
  for (ByteSpan& place : words.places) {
    const std::size_t begin = rewriter.size();
    if (bytes[place.begin] != ' ') rewriter.put(" ", words.text().source_of_byte(place.begin));
    rewriter.copy(place.begin, place.end);
    place = span(begin, rewriter.size());
  }
  words.rewritten = rewriter.finish();
}

void PreTokenizer::apply(const MetaspaceStep& step, Words& words) {
  const std::string_view bytes = words.text().bytes();
  TextRewriter rewriter(words.text());
  for (ByteSpan& place : words.places) {
    const std::size_t begin = rewriter.size();
    const std::string_view word = part(bytes, place);
    const ByteSpan first = words.text().source_of_byte(place.begin);
    const bool may_prepend = step.prepend == PrependScheme::always ||
                             (step.prepend == PrependScheme::first && first.begin == 0);
    if (may_prepend && !word.starts_with(' ') && !word.starts_with(step.replacement))
      rewriter.put(step.replacement, first);
    replace_all(bytes, place, ' ', step.replacement, words.text(), rewriter);
    place = span(begin, rewriter.size());
  }
  words.rewritten = rewriter.finish();
}

void PreTokenizer::apply(const Cut& cut, Words& words) {
  std::vector<ByteSpan> places;
  places.reserve(words.places.size());
  for (const ByteSpan& place : words.places) {
    const std::string_view word = part(words.text().bytes(), place);
    for (const ByteSpan& piece :
         pieces_of(delimiters(cut, word), word.size(), cut.behavior, cut.invert))
      places.push_back({place.begin + piece.begin, place.begin + piece.end});
  }
  words.places = std::move(places);
}

bool PreTokenizer::belongs(CharacterClass which, char32_t character) {
  switch (which) {
    case CharacterClass::white_space:
      return is_white_space(character);
    case CharacterClass::punctuation:
      return is_punctuation(character);
    case CharacterClass::numeric:
      return is_numeric(character);
  }
  return false;
}

std::vector<ByteSpan> PreTokenizer::delimiters(const Cut& cut, std::string_view text) {
  if (const auto* finder = std::get_if<PatternFinder>(&cut.delimiter)) return finder->matches(text);
  if (std::holds_alternative<WordRuns>(cut.delimiter))
    return runs(text, [](char32_t character) {
      return is_word_character(character) ? 1 : is_white_space(character) ? 0 : 2;
    });
  std::vector<ByteSpan> found;
  const CharacterClass which = std::get<CharacterClass>(cut.delimiter);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (belongs(which, next_character(text, at))) found.push_back(span(begin, at));
  }
  return found;
}

}  // namespace winnow::tokenizer
