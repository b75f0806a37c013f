// embed_ids ENCODER PRECISION THREADS BATCH_TEXTS < texts.jsonl
// A line is an array of token ids. Prints one embedding a line as an array.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "model/text_encoder.hpp"

namespace {

int run(char** arguments) {
  const winnow::model::LoadOptions options{.precision = std::string(arguments[2]) == "bf16"
                                                            ? winnow::model::Precision::bf16
                                                            : winnow::model::Precision::fp32,
                                           .threads = std::stoi(arguments[3])};
  std::vector<std::vector<std::int32_t>> texts;
  for (std::string line; std::getline(std::cin, line);)
    texts.push_back(nlohmann::json::parse(line).get<std::vector<std::int32_t>>());
  const auto encoder = winnow::model::load_text_encoder(arguments[1], options);
  const std::size_t width = encoder->info().hidden_size;
  const std::size_t batch_texts = std::stoul(arguments[4]);
  for (std::size_t begin = 0; begin < texts.size(); begin += batch_texts) {
    std::vector<std::span<const std::int32_t>> batch(
        texts.begin() + static_cast<std::ptrdiff_t>(begin),
        texts.begin() + static_cast<std::ptrdiff_t>(std::min(texts.size(), begin + batch_texts)));
    const std::vector<float> embeddings = encoder->embed(batch);
    for (std::size_t text = 0; text < batch.size(); ++text)
      fmt::print("[{:.9g}]\n", fmt::join(std::span(embeddings).subspan(text * width, width), ", "));
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    fmt::print(stderr, "usage: {} ENCODER fp32|bf16 THREADS BATCH_TEXTS < texts.jsonl\n",
               arguments[0]);
    return 2;
  }
  try {
    return run(arguments);
  } catch (const winnow::core::Error& error) {
    fmt::print(stderr, "{}\n", winnow::core::one_line(error.what()));
    return static_cast<int>(error.code());
  }
}
