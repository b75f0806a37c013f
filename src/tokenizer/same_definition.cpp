#include "tokenizer/same_definition.hpp"

#include "tokenizer/definition.hpp"
#include "tokenizer/json_reader.hpp"

namespace winnow::tokenizer {
namespace {

Definition definition_in(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "tokenizer.json";
  return parse_definition(read_model_file(path), path.string());
}

}  // namespace

bool same_definition(const std::filesystem::path& folder, const std::filesystem::path& other) {
  return definition_in(folder) == definition_in(other);
}

}  // namespace winnow::tokenizer
