#include "app/tokenize_command.hpp"

#include <fstream>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "core/error.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::app {

int tokenize_command(const mpi::Communicator& communicator, const CommandLine& line) {
  if (!communicator.is_root()) return 0;
  const tokenizer::Tokenizer tokenizer = tokenizer::Tokenizer::load(line.model);
  std::ifstream file(line.texts, std::ios::binary);
  if (!file || std::filesystem::is_directory(line.texts))
    throw core::DataError(
        fmt::format("{}: cannot be read, expected a file of JSON strings", line.texts.string()));
  std::string text;
  for (std::uint64_t number = 1; std::getline(file, text); ++number) {
    const auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!value.is_string())
      throw core::DataError(fmt::format("{}:{}: found {}, expected a JSON string",
                                        line.texts.string(), number,
                                        value.is_discarded() ? "no JSON" : value.type_name()));
    const tokenizer::Encoding encoding =
        tokenizer.encode(value.get_ref<const std::string&>(), /*add_special_tokens=*/false);
    print(nlohmann::json(encoding.ids).dump() + "\n");
  }
  if (file.bad()) throw core::EnvironmentError(fmt::format("{}: read error", line.texts.string()));
  return 0;
}

}  // namespace winnow::app
