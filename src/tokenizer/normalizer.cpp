#include "tokenizer/normalizer.hpp"

#include "tokenizer/character_classes.hpp"
#include "tokenizer/graphemes.hpp"
#include "tokenizer/unicode_form.hpp"

namespace winnow::tokenizer {
namespace {

/// Calls visit(character, at) for each character.
template <typename Visit>
void for_each_character(const NormalizedText& text, Visit visit) {
  const std::string_view bytes = text.bytes();
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t begin = at;
    const char32_t character = next_character(bytes, at);
    visit(character, begin);
  }
}

/// Without the characters for which `is_dropped` holds, the others through `map`.
template <typename Drop, typename Map>
NormalizedText filtered(const NormalizedText& text, Drop is_dropped, Map map) {
  TextRewriter rewriter(text);
  for_each_character(text, [&](char32_t character, std::size_t at) {
    if (!is_dropped(character)) rewriter.put(map(character), at);
  });
  return rewriter.finish();
}

char32_t same(char32_t character) { return character; }

void apply(UnicodeForm form, NormalizedText& text) {
  const std::string_view bytes = text.bytes();
  if (is_in_form(form, bytes)) return;
  text = rewritten(text, to_form(form, bytes));
}

void apply(const LowercaseStep&, NormalizedText& text) {
  TextRewriter rewriter(text);
  for_each_character(text, [&](char32_t character, std::size_t at) {
    rewriter.put(lower_case(character), at);
    if (character == kDottedCapitalI) rewriter.put(kDotAbove, at);
  });
  text = rewriter.finish();
}

void apply(const StripStep& step, NormalizedText& text) {
  const std::string_view bytes = text.bytes();
  std::size_t begin = 0;
  for (std::size_t at = begin; step.left && at < bytes.size(); begin = at)
    if (!is_white_space(next_character(bytes, at))) break;
  std::size_t end = bytes.size();
  for (std::size_t at = end; step.right && at > begin; end = at)
    if (!is_white_space(previous_character(bytes, at))) break;
  TextRewriter rewriter(text);
  rewriter.copy(begin, end);
  text = rewriter.finish();
}

void apply(const StripAccentsStep&, NormalizedText& text) {
  text = filtered(text, is_combining_mark, same);
}

void apply(const NmtStep&, NormalizedText& text) {
  const auto is_dropped = [](char32_t c) {
    return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F ||
           c == 0x8F || c == 0x9F;
  };
  const auto map = [](char32_t c) {
    const bool is_space = c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                          (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 ||
                          c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
    return is_space ? U' ' : c;
  };
  text = filtered(text, is_dropped, map);
}

void apply(const PrependStep& step, NormalizedText& text) { text = with_prefix(text, step.text); }

void apply(const BertNormalizerStep& step, NormalizedText& text) {
  if (step.clean_text)
    text = filtered(
        text, [](char32_t c) { return c == 0 || c == 0xFFFD || is_bert_control(c); },
        [](char32_t c) { return is_white_space(c) ? U' ' : c; });
  if (step.handle_chinese_chars) {
    TextRewriter rewriter(text);
    for_each_character(text, [&](char32_t character, std::size_t at) {
      if (!is_chinese(character)) return rewriter.put(character, at);
      rewriter.put(U' ', at);
      rewriter.put(character, at);
      rewriter.put(U' ', at);
    });
    text = rewriter.finish();
  }
  if (step.strip_accents) {
    apply(UnicodeForm::nfd, text);
    text = filtered(text, is_non_spacing_mark, same);
  }
  if (step.lowercase) apply(LowercaseStep{}, text);
}

/// `replacement` for `piece`, one character for one; what is over is inserted, what is missing was
/// used up by the character before. (At the beginning there is none, and offsets slip: as theirs.)
void put_replacement(std::string_view replacement, std::string_view piece,
                     std::vector<NewCharacter>& result) {
  const std::size_t old_count = characters_in(piece);
  std::size_t count = 0;
  for (std::size_t at = 0; at < replacement.size(); ++count)
    result.push_back({next_character(replacement, at), count < old_count ? 1 : 0});
  if (count < old_count && !result.empty())
    result.back().taken += static_cast<int>(old_count - count);
}

void apply(const PrecompiledMap& map, NormalizedText& text) {
  constexpr std::size_t kLongestGrapheme = 5;
  const std::string_view bytes = text.bytes();
  std::vector<NewCharacter> result;
  result.reserve(bytes.size());
  for (const ByteSpan& grapheme : graphemes_of(bytes)) {
    const std::string_view piece = part(bytes, grapheme);
    if (piece.size() <= kLongestGrapheme)
      if (const auto replacement = map.replacement_of(piece)) {
        put_replacement(*replacement, piece, result);
        continue;
      }
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t begin = at;
      const char32_t character = next_character(piece, at);
      const std::string_view one = piece.substr(begin, at - begin);
      if (const auto replacement = map.replacement_of(one))
        put_replacement(*replacement, one, result);
      else
        result.push_back({character, 1});
    }
  }
  text = rewritten(text, result);
}

}  // namespace

Normalizer::Normalizer(std::span<const NormalizerStep> steps, const std::string& file) {
  for (const NormalizerStep& step : steps)
    std::visit([&](const auto& one) { add(one, file); }, step);
}

void Normalizer::add(const ReplaceStep& step, const std::string& file) {
  steps_.emplace_back(Replace{{step.pattern, file + ": normalizer"}, step.content});
}

void Normalizer::add(const PrecompiledStep& step, const std::string&) {
  steps_.emplace_back(PrecompiledMap(step.charsmap));
}

template <typename Plain>
void Normalizer::add(const Plain& step, const std::string&) {
  steps_.emplace_back(step);
}

void Normalizer::apply(const Replace& step, NormalizedText& text) {
  const std::vector<ByteSpan> matches = step.pattern.matches(text.bytes());
  if (!matches.empty()) text = with_replaced(text, matches, step.content);
}

NormalizedText Normalizer::normalize(std::string_view original, ByteSpan place) const {
  NormalizedText text(original, place);
  for (const Step& step : steps_)
    std::visit(
        [&](const auto& one) {
          using tokenizer::apply;
          if constexpr (std::is_same_v<std::decay_t<decltype(one)>, Replace>)
            Normalizer::apply(one, text);
          else
            tokenizer::apply(one, text);
        },
        step);
  return text;
}

NormalizedText with_prefix(const NormalizedText& text, std::string_view prefix) {
  TextRewriter rewriter(text);
  if (!text.bytes().empty()) rewriter.put(prefix, text.source_of_byte(0));
  rewriter.copy(0, text.bytes().size());
  return rewriter.finish();
}

NormalizedText with_replaced(const NormalizedText& text, std::span<const ByteSpan> matches,
                             std::string_view content) {
  TextRewriter rewriter(text);
  std::size_t end = 0;
  for (const ByteSpan& match : matches) {
    rewriter.copy(end, match.begin);
    rewriter.insert(content, match.end);
    end = match.end;
  }
  rewriter.copy(end, text.bytes().size());
  return rewriter.finish();
}

}  // namespace winnow::tokenizer
