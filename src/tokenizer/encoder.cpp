#include "tokenizer/encoder.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

/// Added tokens that match normalized text are themselves given normalized.
std::vector<AddedToken> normalized_tokens(std::vector<AddedToken> tokens,
                                          const Normalizer& normalizer, const std::string& file) {
  for (AddedToken& token : tokens) {
    if (!token.normalized) continue;
    const ByteSpan whole{0, static_cast<std::uint32_t>(token.content.size())};
    std::string content;
    try {
      content = normalizer.normalize(token.content, whole).bytes();
    } catch (const core::DataError& error) {
      throw core::ModelError(fmt::format("{}: added token `{}`: {}", file,
                                         core::one_line(token.content), error.what()));
    }
    if (content.size() > kMaxAddedTokenBytes)
      throw core::ModelError(fmt::format(
          "{}: added token `{}` has {} bytes when it is normalized, expected at most {}", file,
          core::one_line(token.content), content.size(), kMaxAddedTokenBytes));
    token.content = std::move(content);
  }
  return tokens;
}

/// Tokens that are looked for before or after normalization; of two that are equal after it a
/// special one counts.
std::vector<AddedToken> tokens_to_find(const std::vector<AddedToken>& added, bool normalized) {
  std::vector<AddedToken> tokens;
  for (const bool special : {true, false})
    for (const AddedToken& token : added)
      if (token.normalized == normalized && token.special == special && !token.content.empty())
        tokens.push_back(token);
  return tokens;
}

Model model_of(const ModelDefinition& definition) {
  if (const auto* bpe = std::get_if<BpeDefinition>(&definition)) return Bpe(*bpe);
  if (const auto* word_piece = std::get_if<WordPieceDefinition>(&definition))
    return WordPiece(*word_piece);
  return Unigram(std::get<UnigramDefinition>(definition));
}

std::vector<Blanks> blanks_by_id(const std::vector<VocabularyEntry>& vocabulary) {
  std::vector<Blanks> blanks;
  for (const VocabularyEntry& entry : vocabulary) {
    const auto id = static_cast<std::size_t>(entry.id);
    if (id >= blanks.size()) blanks.resize(id + 1);
    blanks[id] = blanks_of(entry.token);
  }
  return blanks;
}

}  // namespace

/// One call of encode(); the encoding grows from left to right.
template <typename AnyModel>
class Run {
 public:
  Run(const Encoder& encoder, const AnyModel& model, std::string_view text)
      : encoder_(encoder), model_(model), text_(text) {}

  Encoding encode() {
    for (const auto& [place, added] : encoder_.literal_finder_.split(text_)) {
      if (added)
        add(*added, place, blanks_of(part(text_, place)));
      else
        encode_text(encoder_.normalizer_.normalize(text_, place));
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
        add(*added, normalized.source_of(place.begin, place.end), blanks_of(part(bytes, place)));
      else
        encode_words(encoder_.pre_tokenizer_.split(normalized, place));
    }
  }

  void encode_words(const Words& words) {
    for (const ByteSpan& place : words.places) {
      tokens_.clear();
      model_.encode(part(words.text().bytes(), place), workspace_, tokens_);
      for (const WordToken& token : tokens_)
        add(token.id, words.text().source_of(place.begin + token.begin, place.begin + token.end),
            encoder_.trim_offsets_ ? encoder_.blanks_[static_cast<std::size_t>(token.id)]
                                   : Blanks{});
    }
  }

  const Encoder& encoder_;
  const AnyModel& model_;
  std::string_view text_;
  Encoding encoding_;
  typename AnyModel::Workspace workspace_;
  std::vector<WordToken> tokens_;
};

Encoder::Encoder(const Definition& definition, const std::string& file)
    : normalizer_(definition.normalizer, file),
      added_tokens_(normalized_tokens(definition.added_tokens, normalizer_, file)),
      literal_finder_(tokens_to_find(added_tokens_, false)),
      normalized_finder_(tokens_to_find(added_tokens_, true)),
      pre_tokenizer_(definition.pre_tokenizer, file),
      model_(model_of(definition.model)),
      trim_offsets_(definition.post_processor.trim_offsets),
      add_prefix_space_(definition.post_processor.add_prefix_space) {
  if (trim_offsets_) blanks_ = blanks_by_id(vocabulary_of(definition.model));
}

Encoding Encoder::encode(std::string_view text) const {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max())
    throw core::DataError(fmt::format(
        "a text of {} bytes cannot be tokenized, expected less than 4 GiB", text.size()));
  if (const std::optional<std::size_t> invalid = first_invalid_byte(text))
    throw core::DataError(
        fmt::format("byte {} of a text that is to be tokenized is not valid UTF-8", *invalid));
  return std::visit(
      [&](const auto& model) {
        return Run<std::decay_t<decltype(model)>>(*this, model, text).encode();
      },
      model_);
}

}  // namespace winnow::tokenizer
