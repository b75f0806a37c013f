#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenizer/definition.hpp"

namespace winnow::tokenizer {

/// How each id is spelt.
class TokenTexts {
 public:
  TokenTexts(std::span<const VocabularyEntry> vocabulary, std::span<const AddedToken> added);

  /// The ids' tokens. Ids that no token has count for nothing.
  [[nodiscard]] std::vector<std::string> texts_of(std::span<const TokenId> ids,
                                                  bool skip_special_tokens) const;
  /// One past the largest id.
  [[nodiscard]] std::size_t size() const { return tokens_.size(); }
  [[nodiscard]] std::optional<TokenId> id_of(const std::string& token) const;

 private:
  struct Token {
    std::string text;  // none for an id that no token has
    bool is_special = false;
  };
  void add(const std::string& token, TokenId id, bool is_special);

  std::vector<Token> tokens_;  // by id
  std::unordered_map<std::string, TokenId> ids_;
};

}  // namespace winnow::tokenizer
