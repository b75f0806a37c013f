#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace winnow::tokenizer {

/// GPT-2's printable alphabet: each byte stands as one Unicode character in byte-level vocabularies
/// (a space as U+0120). The UTF-8 text of the character that stands for `byte`.
[[nodiscard]] std::string alphabet_character(unsigned char byte);

/// The bytes that `token` (UTF-8) spells in the alphabet; nothing if a character of it is not of
/// the alphabet.
[[nodiscard]] std::optional<std::string> bytes_of_token(std::string_view token);

}  // namespace winnow::tokenizer
