#pragma once

#include <string_view>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/normalized_text.hpp"

namespace winnow::tokenizer {

/// True if `text` is certainly in the form already; valid UTF-8.
[[nodiscard]] bool is_in_form(UnicodeForm form, std::string_view text);

/// `text` in the form, by the tables of Unicode 9 as in Hugging Face's `tokenizers`.
[[nodiscard]] std::vector<NewCharacter> to_form(UnicodeForm form, std::string_view text);

}  // namespace winnow::tokenizer
