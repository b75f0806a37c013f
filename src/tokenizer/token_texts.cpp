#include "tokenizer/token_texts.hpp"

#include <utility>

#include "tokenizer/byte_alphabet.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

TokenTexts::TokenTexts(const Definition& definition) {
  for (const VocabularyEntry& entry : definition.model.vocabulary)
    add(entry.token, entry.id, false);
  for (const AddedToken& token : definition.added_tokens) {
    add(token.content, token.id, token.special);
    literal_ids_.emplace(token.content, token.id);
  }
}

void TokenTexts::add(const std::string& token, TokenId id, bool is_special) {
  std::optional<std::string> bytes = bytes_of_token(token);
  if (!bytes) literal_ids_.emplace(token, id);
  const auto index = static_cast<std::size_t>(id);
  if (index >= tokens_.size()) tokens_.resize(index + 1);
  tokens_[index] = {bytes ? *std::move(bytes) : token, is_special};
}

std::string TokenTexts::decode(std::span<const TokenId> ids, bool skip_special_tokens) const {
  std::string bytes;
  for (const TokenId id : ids) {
    if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) continue;
    const Token& token = tokens_[static_cast<std::size_t>(id)];
    if (!(skip_special_tokens && token.is_special)) bytes += token.bytes;
  }
  return to_valid_utf8(bytes);
}

std::optional<TokenId> TokenTexts::id_of_literal(const std::string& token) const {
  const auto found = literal_ids_.find(token);
  if (found == literal_ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace winnow::tokenizer
