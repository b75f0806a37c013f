// encode_lines FOLDER [--specials]: one JSON string a line in; out, a line each, {"ids", "offsets"
// in bytes, "text" decoded}. encode_lines FOLDER --time FILE: seconds to encode the lines of FILE,
// each a JSON string.
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer.hpp"

namespace {

using winnow::tokenizer::Encoding;
using winnow::tokenizer::Tokenizer;

nlohmann::json as_json(const Tokenizer& tokenizer, const Encoding& encoding) {
  nlohmann::json offsets = nlohmann::json::array();
  for (std::size_t i = 0; i < encoding.ids.size(); ++i)
    offsets.push_back({encoding.begin[i], encoding.end[i]});
  return {{"ids", encoding.ids},
          {"offsets", std::move(offsets)},
          {"text", tokenizer.decode(encoding.ids, false)},
          {"plain_text", tokenizer.decode(encoding.ids, true)}};
}

void time_lines(const Tokenizer& tokenizer, const char* file) {
  std::ifstream lines(file);
  std::vector<std::string> texts;
  for (std::string line; std::getline(lines, line);)
    texts.push_back(nlohmann::json::parse(line).get<std::string>());
  const auto begin = std::chrono::steady_clock::now();
  std::size_t tokens = 0;
  for (const std::string& text : texts) tokens += tokenizer.encode(text, false).ids.size();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << nlohmann::json{{"seconds", seconds.count()}, {"tokens", tokens}}.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.empty()) return 2;
  const Tokenizer tokenizer = Tokenizer::load(arguments[0]);
  if (arguments.size() == 3 && arguments[1] == "--time") {
    time_lines(tokenizer, argv[3]);
    return 0;
  }
  const bool add_specials = arguments.size() > 1 && arguments[1] == "--specials";
  for (std::string line; std::getline(std::cin, line);) {
    const auto text = nlohmann::json::parse(line).get<std::string>();
    std::cout << as_json(tokenizer, tokenizer.encode(text, add_specials)).dump() << '\n';
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
