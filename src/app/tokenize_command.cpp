#include "app/tokenize_command.hpp"

#include <cstdio>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::app {

int tokenize_command(const mpi::Communicator& communicator, const CommandLine& line) {
  if (!communicator.is_root()) return 0;
  const tokenizer::Tokenizer tokenizer = tokenizer::Tokenizer::load(line.model);
  std::ifstream file(line.texts, std::ios::binary);
  if (!file) throw core::DataError(fmt::format("{}: cannot be read", line.texts.string()));
  std::string text;
  for (std::uint64_t number = 1; std::getline(file, text); ++number) {
    const auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!value.is_string())
      throw core::DataError(fmt::format("{}:{}: found {}, expected a JSON string",
                                        line.texts.string(), number,
                                        value.is_discarded() ? "no JSON" : value.type_name()));
    const std::string ids =
        nlohmann::json(
            tokenizer.encode(value.get_ref<const std::string&>(), /*add_special_tokens=*/false).ids)
            .dump();
    std::fwrite(ids.data(), 1, ids.size(), stdout);
    std::fputc('\n', stdout);
  }
  return 0;
}

}  // namespace winnow::app
