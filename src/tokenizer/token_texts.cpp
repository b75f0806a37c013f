#include "tokenizer/token_texts.hpp"

namespace winnow::tokenizer {

TokenTexts::TokenTexts(std::span<const VocabularyEntry> vocabulary,
                       std::span<const AddedToken> added) {
  ids_.reserve(vocabulary.size() + added.size());
  for (const VocabularyEntry& entry : vocabulary) add(entry.token, entry.id, false);
  for (const AddedToken& token : added) add(token.content, token.id, token.special);
}

void TokenTexts::add(const std::string& token, TokenId id, bool is_special) {
  ids_.insert_or_assign(token, id);
  const auto index = static_cast<std::size_t>(id);
  if (index >= tokens_.size()) tokens_.resize(index + 1);
  tokens_[index] = {token, is_special};
}

std::vector<std::string> TokenTexts::texts_of(std::span<const TokenId> ids,
                                              bool skip_special_tokens) const {
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const TokenId id : ids) {
    if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) continue;
    const Token& token = tokens_[static_cast<std::size_t>(id)];
    if (!token.text.empty() && !(skip_special_tokens && token.is_special))
      texts.push_back(token.text);
  }
  return texts;
}

std::optional<TokenId> TokenTexts::id_of(const std::string& token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace winnow::tokenizer
