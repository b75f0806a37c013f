#include "tokenizer/normalized_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/error.hpp"

namespace winnow::tokenizer {
namespace {

constexpr std::size_t kMaxGrowth = 64;
constexpr std::size_t kFreeGrowth = std::size_t{1} << 20;

}  // namespace

NormalizedText::NormalizedText(std::string_view original, ByteSpan place)
    : view_(original.substr(place.begin, place.end - place.begin)),
      shift_(place.begin),
      original_(view_.size()) {}

ByteSpan NormalizedText::source_of(std::size_t begin, std::size_t end) const {
  if (!is_original_) return {sources_[begin].begin, sources_[end - 1].end};
  return {shift_ + character_around(view_, begin).begin,
          shift_ + character_around(view_, end - 1).end};
}

TextRewriter::TextRewriter(const NormalizedText& from) : from_(from), result_({}, {}) {
  result_.is_original_ = false;
  result_.shift_ = from.shift_;
  result_.original_ = from.original_;
  result_.own_.reserve(from.bytes().size());
  result_.sources_.reserve(from.bytes().size());
}

void TextRewriter::make_room(std::size_t bytes) const {
  const std::size_t limit = std::min<std::size_t>(kMaxGrowth * from_.original_ + kFreeGrowth,
                                                  std::numeric_limits<std::uint32_t>::max() - 1);
  if (bytes > limit - result_.own_.size())
    throw core::DataError(
        fmt::format("a text of {} bytes cannot be tokenized: the tokenizer's own rules make more "
                    "than {} bytes of it",
                    from_.original_, limit));
}

void TextRewriter::copy(std::size_t begin, std::size_t end) {
  make_room(end - begin);
  result_.own_ += from_.bytes().substr(begin, end - begin);
  if (!from_.is_original_) {
    const auto first = from_.sources_.begin();
    result_.sources_.insert(result_.sources_.end(), first + static_cast<std::ptrdiff_t>(begin),
                            first + static_cast<std::ptrdiff_t>(end));
    return;
  }
  for (std::size_t at = begin; at < end;) {
    const std::size_t character = at;
    next_character(from_.view_, at);
    result_.sources_.resize(result_.sources_.size() + (at - character),
                            {from_.shift_ + static_cast<std::uint32_t>(character),
                             from_.shift_ + static_cast<std::uint32_t>(at)});
  }
}

void TextRewriter::put(char32_t character, std::size_t at) {
  const ByteSpan source = from_.source_of_byte(at);
  constexpr std::size_t kMaxCharacterBytes = 4;
  make_room(kMaxCharacterBytes);
  append_character(result_.own_, character);
  result_.sources_.resize(result_.own_.size(), source);
}

void TextRewriter::put(std::string_view text, ByteSpan source) {
  make_room(text.size());
  result_.own_ += text;
  result_.sources_.resize(result_.own_.size(), source);
}

void TextRewriter::insert(std::string_view text, std::size_t at) {
  put(text, at == 0 ? ByteSpan{from_.shift_, from_.shift_} : from_.source_of_byte(at - 1));
}

NormalizedText rewritten(const NormalizedText& text, std::span<const NewCharacter> characters) {
  const std::string_view bytes = text.bytes();
  TextRewriter rewriter(text);
  std::string inserted;
  std::size_t at = 0;
  for (const NewCharacter& character : characters) {
    if (character.taken == 0) {
      inserted.clear();
      append_character(inserted, character.value);
      rewriter.insert(inserted, at);
    } else {
      rewriter.put(character.value, at);
    }
    for (int i = 0; i < character.taken; ++i) next_character(bytes, at);
  }
  return rewriter.finish();
}

}  // namespace winnow::tokenizer
