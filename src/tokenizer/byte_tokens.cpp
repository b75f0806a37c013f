#include "tokenizer/byte_tokens.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <unordered_map>

namespace winnow::tokenizer {

std::vector<TokenId> byte_token_ids(std::span<const VocabularyEntry> vocabulary) {
  std::unordered_map<std::string_view, TokenId> ids;
  for (const VocabularyEntry& entry : vocabulary)
    if (byte_of_token(entry.token)) ids.insert_or_assign(entry.token, entry.id);
  std::vector<TokenId> by_byte(256, -1);
  for (std::size_t byte = 0; byte < by_byte.size(); ++byte)
    if (const auto found = ids.find(fmt::format("<0x{:02X}>", byte)); found != ids.end())
      by_byte[byte] = found->second;
  return by_byte;
}

std::optional<unsigned char> byte_of_token(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  unsigned char byte = 0;
  const char* end = token.data() + 5;
  const auto [stop, error] = std::from_chars(token.data() + 3, end, byte, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return byte;
}

}  // namespace winnow::tokenizer
