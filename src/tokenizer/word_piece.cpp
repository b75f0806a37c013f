#include "tokenizer/word_piece.hpp"

#include <algorithm>

#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

std::vector<ByteTrie::Entry> entries_with(const std::vector<VocabularyEntry>& vocabulary,
                                          std::string_view prefix) {
  std::vector<ByteTrie::Entry> entries;
  for (const auto& [token, id] : vocabulary)
    if (token.starts_with(prefix)) entries.push_back({token.substr(prefix.size()), id});
  return entries;
}

}  // namespace

WordPiece::WordPiece(const WordPieceDefinition& definition)
    : first_(entries_with(definition.vocabulary, "")),
      continuing_(entries_with(definition.vocabulary, definition.continuing_prefix)),
      unknown_(definition.unknown),
      max_word_characters_(definition.max_word_characters) {}

void WordPiece::encode(std::string_view word, Workspace&, std::vector<WordToken>& tokens) const {
  const std::size_t before = tokens.size();
  const auto be_unknown = [&] {
    tokens.resize(before);
    tokens.push_back({unknown_, 0, static_cast<std::uint32_t>(word.size())});
  };
  if (word.size() > max_word_characters_ && characters_in(word) > max_word_characters_)
    return be_unknown();
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t longest = 0;
    TokenId id = 0;
    (begin == 0 ? first_ : continuing_)
        .for_each_prefix(word.substr(begin), [&](std::size_t size, TokenId found) {
          longest = size;
          id = found;
        });
    if (longest == 0) return be_unknown();
    tokens.push_back(
        {id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + longest)});
    begin += longest;
  }
}

}  // namespace winnow::tokenizer
