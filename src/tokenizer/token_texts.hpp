#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenizer/definition.hpp"

namespace winnow::tokenizer {

/// What each id stands for in a text.
class TokenTexts {
 public:
  explicit TokenTexts(const Definition& definition);

  /// The ids' bytes one after the other; what is not UTF-8 in them becomes U+FFFD. Ids that no
  /// token has count for nothing.
  [[nodiscard]] std::string decode(std::span<const TokenId> ids, bool skip_special_tokens) const;
  /// One past the largest id.
  [[nodiscard]] std::size_t size() const { return tokens_.size(); }
  /// Of tokens that are not spelt in the byte alphabet, and of added tokens.
  [[nodiscard]] std::optional<TokenId> id_of_literal(const std::string& token) const;

 private:
  struct Token {
    std::string bytes;  // none for an id that no token has
    bool is_special = false;
  };
  void add(const std::string& token, TokenId id, bool is_special);

  std::vector<Token> tokens_;  // by id
  std::unordered_map<std::string, TokenId> literal_ids_;
};

}  // namespace winnow::tokenizer
