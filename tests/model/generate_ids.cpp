// generate_ids MODEL PRECISION THREADS MAX_NEW CACHE_TOKENS [STOP_ID...] < prompts.jsonl
// A line is {"ids": [...]}. Greedy. Prints {"ids": [...], "finish": n} a line; seconds and tokens
// go to standard error as JSON.
//
// generate_ids --sampling < questions.jsonl
// A line is {"logits": [...], "sequence": [...], "temperature", "top_k", "top_p",
// "repetition_penalty"}. Prints [[id, probability], ...] of the candidates.
#include <chrono>
#include <iostream>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "model/generation.hpp"

namespace {

using Json = nlohmann::json;
using namespace winnow::model;

int generate_answers(int count, char** arguments) {
  const LoadOptions load{
      .precision = std::string(arguments[2]) == "bf16" ? Precision::bf16 : Precision::fp32,
      .threads = std::stoi(arguments[3])};
  std::vector<std::vector<std::int32_t>> ids;
  for (std::string line; std::getline(std::cin, line);)
    ids.push_back(Json::parse(line).at("ids").get<std::vector<std::int32_t>>());
  const auto model = load_incremental_model(arguments[1], load);
  GenerationOptions options;
  options.max_new_tokens = static_cast<std::uint32_t>(std::stoul(arguments[4]));
  options.cache_tokens = static_cast<std::uint32_t>(std::stoul(arguments[5]));
  options.max_length = model->info().max_positions;
  for (int stop = 6; stop < count; ++stop) options.stop_ids.push_back(std::stoi(arguments[stop]));
  std::vector<GenerationPrompt> prompts;
  for (const auto& prompt : ids) prompts.push_back({prompt, prompts.size()});
  const auto start = std::chrono::steady_clock::now();
  const auto answers = generate(*model, prompts, options,
                                [](std::size_t, std::span<const std::int32_t>) { return false; });
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  std::size_t tokens = 0;
  for (const Generated& answer : answers) {
    std::cout << Json{{"ids", answer.ids}, {"finish", static_cast<int>(answer.finish)}} << "\n";
    tokens += answer.ids.size();
  }
  std::cerr << Json{{"seconds", elapsed.count()}, {"tokens", tokens}} << "\n";
  return 0;
}

int show_candidates() {
  for (std::string line; std::getline(std::cin, line);) {
    const Json question = Json::parse(line);
    auto logits = question.at("logits").get<std::vector<float>>();
    const SamplingOptions options{
        .temperature = question.at("temperature").get<double>(),
        .top_k = question.at("top_k").get<std::uint32_t>(),
        .top_p = question.at("top_p").get<double>(),
        .repetition_penalty = question.at("repetition_penalty").get<double>()};
    penalise_repetition(logits, question.at("sequence").get<std::vector<std::int32_t>>(),
                        options.repetition_penalty);
    Json answer = Json::array();
    for (const Candidate& candidate : sampling_candidates(logits, options))
      answer.push_back({candidate.id, candidate.probability});
    std::cout << answer << "\n";
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count == 2 && std::string(arguments[1]) == "--sampling") return show_candidates();
    if (count >= 6) return generate_answers(count, arguments);
  } catch (const winnow::core::Error& error) {
    fmt::print(stderr, "{}\n", winnow::core::one_line(error.what()));
    return static_cast<int>(error.code());
  }
  fmt::print(stderr, "usage: {} MODEL fp32|bf16 THREADS MAX_NEW CACHE_TOKENS [STOP_ID...]\n",
             arguments[0]);
  return 2;
}
