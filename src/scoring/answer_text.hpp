#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/prompt_template.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

/// A generated answer as it is handed out.
struct AnswerText {
  std::string text;               ///< without special tokens
  std::vector<std::int32_t> ids;  ///< of the tokens that hold some of it
};

/// True if one of `stop_strings` stands in the text of `ids`, special tokens written out.
[[nodiscard]] bool holds_stop_string(const tokenizer::Tokenizer& tokenizer,
                                     std::span<const std::int32_t> ids,
                                     std::span<const std::string> stop_strings);

/// The answer before the first stop string in it; all of it where there is none. The text ends
/// where the stop string begins, be it inside a token; that token is the last of the ids.
[[nodiscard]] AnswerText answer_text(const tokenizer::Tokenizer& tokenizer,
                                     std::span<const std::int32_t> ids,
                                     std::span<const std::string> stop_strings);

/// The ids that end an answer: those that the folder names, the tokenizer's end-of-text token, and
/// the special token with which the template closes an answer. Ascending.
[[nodiscard]] std::vector<std::int32_t> stop_ids(const tokenizer::Tokenizer& tokenizer,
                                                 const data::PromptTemplate& prompt,
                                                 std::vector<std::int32_t> of_folder);

}  // namespace winnow::scoring
