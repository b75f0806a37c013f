// Test tool: prepare_rows MODEL_FOLDER TEMPLATE MAX_LENGTH DATA.jsonl  -> per row a JSON line with
// ids and scored spans of both texts.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "data/detect_format.hpp"
#include "data/parse_row.hpp"
#include "scoring/prepared_row.hpp"

int main(int argc, char** argv) {
  using namespace winnow;
  if (argc != 5) return 2;
  const auto tokenizer = tokenizer::Tokenizer::load(argv[1]);
  const std::string name = argv[2];
  const auto prompt = name == "auto"
                          ? data::template_for_folder(argv[1], tokenizer.chat_template(), {})
                          : data::make_template(name, {});
  scoring::ScoringOptions options;
  options.max_length = static_cast<std::uint32_t>(std::stoul(argv[3]));
  std::ifstream file(argv[4]);
  std::string line;
  const auto to_json = [](const scoring::PreparedText& text) {
    return nlohmann::json{{"ids", text.ids},
                          {"begin", text.answer.tokens.begin},
                          {"end", text.answer.tokens.end},
                          {"status", core::name_of(text.answer.status)}};
  };
  while (std::getline(file, line)) {
    const data::Detected detected = data::detect_format(line, {});
    const data::Sample sample =
        data::parse_row(line, {detected.format, detected.fields, ""}).sample;
    const scoring::PreparedRow row = scoring::prepare_row(sample, tokenizer, *prompt, options);
    std::cout << nlohmann::json{{"conditional", to_json(row.conditional)},
                                {"direct", to_json(row.direct)},
                                {"n_tokens", row.n_tokens}}
                     .dump()
              << '\n';
  }
  return 0;
}
