#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/definition.hpp"

namespace winnow::tokenizer {

/// SentencePiece's tokens for single bytes, `<0x00>` to `<0xFF>`: their ids by byte, -1 where the
/// vocabulary has none.
[[nodiscard]] std::vector<TokenId> byte_token_ids(std::span<const VocabularyEntry> vocabulary);

/// The byte that such a token stands for; nothing for every other token.
[[nodiscard]] std::optional<unsigned char> byte_of_token(std::string_view token);

}  // namespace winnow::tokenizer
