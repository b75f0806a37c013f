#include "app/tokenize_command.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "core/error.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::json;
using tokenizer::Tokenizer;

/// How many characters stand before each byte of `text` and before its end.
std::vector<std::uint32_t> characters_before(const std::string& text) {
  std::vector<std::uint32_t> counts(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    counts[i + 1] = counts[i] + (begins ? 1 : 0);
  }
  return counts;
}

Json ids_and_offsets(const std::string& text, const tokenizer::Encoding& encoding) {
  const std::vector<std::uint32_t> characters = characters_before(text);
  Json offsets = Json::array();
  for (std::size_t i = 0; i < encoding.ids.size(); ++i)
    offsets.push_back({characters[encoding.begin[i]], characters[encoding.end[i]]});
  return {{"ids", encoding.ids}, {"offsets", std::move(offsets)}};
}

std::string kind_of(const Json& value) {
  return value.is_discarded() ? "no JSON" : value.type_name();
}

Json encoded(const Tokenizer& tokenizer, const Json& value, bool with_offsets) {
  if (!value.is_string())
    throw core::DataError(fmt::format("found {}, expected a JSON string", kind_of(value)));
  const auto& text = value.get_ref<const std::string&>();
  const tokenizer::Encoding encoding = tokenizer.encode(text, /*add_special_tokens=*/false);
  return with_offsets ? ids_and_offsets(text, encoding) : Json(encoding.ids);
}

Json decoded(const Tokenizer& tokenizer, const Json& value) {
  if (!value.is_array())
    throw core::DataError(
        fmt::format("found {}, expected a JSON array of token ids", kind_of(value)));
  std::vector<tokenizer::TokenId> ids;
  for (const Json& id : value) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= tokenizer.vocabulary_size())
      throw core::DataError(fmt::format("found {} in the array, expected token ids from 0 to {}",
                                        core::one_line(id.dump(-1, ' ', true)),
                                        tokenizer.vocabulary_size() - 1));
    ids.push_back(id.get<tokenizer::TokenId>());
  }
  return tokenizer.decode(ids, /*skip_special_tokens=*/false);
}

}  // namespace

int tokenize_command(const mpi::Communicator& communicator, const CommandLine& line) {
  if (!communicator.is_root()) return 0;
  const Tokenizer tokenizer = Tokenizer::load(line.model);
  std::ifstream file(line.texts, std::ios::binary);
  if (!file || std::filesystem::is_directory(line.texts))
    throw core::DataError(
        fmt::format("{}: cannot be read, expected a JSON Lines file", line.texts.string()));
  std::string text;
  for (std::uint64_t number = 1; std::getline(file, text); ++number) {
    const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    try {
      const Json result =
          line.decode ? decoded(tokenizer, value) : encoded(tokenizer, value, line.offsets);
      print(result.dump() + "\n");
    } catch (const core::DataError& error) {
      throw core::DataError(fmt::format("{}:{}: {}", line.texts.string(), number, error.what()));
    }
  }
  if (file.bad()) throw core::EnvironmentError(fmt::format("{}: read error", line.texts.string()));
  return 0;
}

}  // namespace winnow::app
