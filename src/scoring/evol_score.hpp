#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/sample.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

// Deita's complexity and quality (arXiv 2312.15685; methods.md 4a): a model trained to rate ends a
// prompt with a digit; the score is the expectation over the digits 1 to 6 at that place.

/// A message of the user and what was replied, empty where nothing was.
struct UserTurn {
  std::string query;
  std::string reply;
};

/// All user turns of a row in order, the scored one last.
/// @param join  between instruction and input, where there is one
[[nodiscard]] std::vector<UserTurn> user_turns(const data::Sample& sample, std::string_view join);

/// The published prompts around a turn, white space included. With `{instruction}` and `{output}`
/// for a turn they are the attributes of the stored scores.
[[nodiscard]] std::string complexity_prompt(std::string_view query);
[[nodiscard]] std::string quality_prompt(std::string_view query, std::string_view reply);

/// The ids of the tokens `1` to `6`.
/// @throws core::ModelError if one of them is no token of its own.
[[nodiscard]] std::vector<std::int32_t> digit_tokens(const tokenizer::Tokenizer& tokenizer);

/// sum over k of k softmax(logits)_k, k = 1 ... logits.size(); not finite if a logit is not.
[[nodiscard]] double expected_digit(std::span<const float> logits);

}  // namespace winnow::scoring
