#include "scoring/evol_score.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::scoring {

std::vector<UserTurn> user_turns(const data::Sample& sample, std::string_view join) {
  using Role = data::Turn::Role;
  std::vector<UserTurn> turns;
  bool is_open = false;  // The last turn has no reply yet.
  for (const data::Turn& message : sample.history) {
    if (message.role == Role::user) turns.push_back({message.text, ""});
    if (message.role == Role::assistant && is_open) turns.back().reply = message.text;
    is_open = message.role == Role::user;
  }
  std::string query = sample.instruction;
  if (!sample.input.empty()) query.append(join).append(sample.input);
  turns.push_back({std::move(query), sample.output});
  return turns;
}

std::string complexity_prompt(std::string_view query) {
  return fmt::format(
      "You are a helpful assistant. Please identify the complexity score of the following user "
      "query. \n##Query: {}  \n##Complexity: ",
      query);
}

std::string quality_prompt(std::string_view query, std::string_view reply) {
  return fmt::format(
      "You are a helpful assistant. Please identify the quality score of the Response "
      "corresponding to the Question. \n #Question#:\n{}\n#Response#:\n{} \n##Quality: ",
      query, reply);
}

std::vector<std::int32_t> digit_tokens(const tokenizer::Tokenizer& tokenizer) {
  std::vector<std::int32_t> tokens;
  for (const std::string digit : {"1", "2", "3", "4", "5", "6"}) {
    const auto id = tokenizer.id_of(digit);
    // A vocabulary may hold the digit and yet never use it: a text that ends with it must end so.
    const auto ids = tokenizer.encode(digit, /*add_special_tokens=*/false).ids;
    if (!id || ids.empty() || ids.back() != *id)
      throw core::ModelError(
          fmt::format("tokenizer.json: the digit {} is no token of its own, expected one for each "
                      "of 1 to 6: evol_complexity and evol_quality read their probabilities",
                      digit));
    tokens.push_back(*id);
  }
  return tokens;
}

double expected_digit(std::span<const float> logits) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  double weighted = 0;
  double digit = 0;
  for (const float logit : logits) {
    const double weight = std::exp(double{logit} - largest);
    sum += weight;
    weighted += ++digit * weight;
  }
  return weighted / sum;
}

}  // namespace winnow::scoring
