#include "tokenizer/encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.hpp"
#include "tokenizer/normalizer.hpp"
#include "tokenizer/trim_offsets.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

std::string_view part(std::string_view text, ByteSpan place) {
  return text.substr(place.begin, place.end - place.begin);
}

/// Tokens that are looked for before or after normalization; of two that are equal after it a
/// special one counts.
std::vector<AddedToken> tokens_to_find(const Definition& definition, bool normalized) {
  std::vector<AddedToken> tokens;
  for (const bool special : {true, false})
    for (const AddedToken& token : definition.added_tokens)
      if (token.normalized == normalized && token.special == special) tokens.push_back(token);
  return tokens;
}

}  // namespace

/// One call of encode(); the encoding grows from left to right.
class Run {
 public:
  Run(const Encoder& encoder, std::string_view text, bool has_recent)
      : encoder_(encoder), text_(text), has_recent_(has_recent) {}

  Encoding encode() {
    for (const auto& [place, added] : encoder_.literal_finder_.split(text_)) {
      if (added)
        add(*added, place, blanks_of_added_token(part(text_, place)));
      else
        encode_text(normalize(encoder_.normalizer_, text_, place));
    }
    return std::move(encoding_);
  }

 private:
  void add(TokenId id, ByteSpan source, Blanks blanks) {
    if (encoder_.trim_offsets_)
      source =
          trim_offsets(text_, source, blanks, encoding_.ids.empty(), encoder_.add_prefix_space_);
    encoding_.ids.push_back(id);
    encoding_.begin.push_back(source.begin);
    encoding_.end.push_back(source.end);
  }

  void encode_text(const NormalizedText& normalized) {
    const std::string_view bytes = normalized.bytes();
    for (const auto& [place, added] : encoder_.normalized_finder_.split(bytes)) {
      if (added)
        add(*added, normalized.source_of(place.begin, place.end),
            blanks_of_added_token(part(bytes, place)));
      else
        encode_words(normalized, place);
    }
  }

  void encode_words(const NormalizedText& normalized, ByteSpan place) {
    const std::string_view text = part(normalized.bytes(), place);
    const std::string stand_ins = has_recent_ ? with_stand_ins(text) : std::string();
    for (Word word :
         encoder_.pre_tokenizer_.split(has_recent_ ? std::string_view(stand_ins) : text)) {
      word.place.begin += place.begin;
      word.place.end += place.begin;
      encode_word(normalized, word);
    }
  }

  void encode_word(const NormalizedText& normalized, const Word& word) {
    std::string_view bytes = part(normalized.bytes(), word.place);
    if (word.has_prefix) {
      prefixed_.assign(1, ' ').append(bytes);
      bytes = prefixed_;
    }
    tokens_.clear();
    encoder_.model_.encode(bytes, workspace_, tokens_);
    const std::uint32_t prefix = word.has_prefix ? 1 : 0;
    for (const WordToken& token : tokens_) {
      // The space that was added stands for the character after it.
      const std::uint32_t begin = word.place.begin + std::max(token.begin, prefix) - prefix;
      const std::uint32_t end = std::max(word.place.begin + token.end - prefix, begin + 1);
      add(token.id, normalized.source_of(begin, end),
          blanks_of_word_token(bytes.substr(token.begin, token.end - token.begin)));
    }
  }

  const Encoder& encoder_;
  std::string_view text_;
  bool has_recent_;
  Encoding encoding_;
  Bpe::Workspace workspace_;
  std::vector<WordToken> tokens_;
  std::string prefixed_;
};

Encoder::Encoder(const Definition& definition, const std::string& file)
    : normalizer_(definition.normalizer),
      literal_finder_(tokens_to_find(definition, false)),
      normalized_finder_(tokens_to_find(definition, true)),
      pre_tokenizer_(definition.pre_tokenizer, file),
      model_(definition.model),
      trim_offsets_(definition.post_processor.trim_offsets),
      add_prefix_space_(definition.post_processor.add_prefix_space) {}

Encoding Encoder::encode(std::string_view text) const {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max())
    throw core::DataError(fmt::format(
        "a text of {} bytes cannot be tokenized, expected less than 4 GiB", text.size()));
  const TextTraits traits = examine(text);
  if (traits.invalid_at != std::string_view::npos)
    throw core::DataError(fmt::format(
        "byte {} of a text that is to be tokenized is not valid UTF-8", traits.invalid_at));
  return Run(*this, text, traits.has_recent).encode();
}

}  // namespace winnow::tokenizer
