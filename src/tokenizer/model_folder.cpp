#include "tokenizer/model_folder.hpp"

#include <optional>

#include "tokenizer/json_reader.hpp"

namespace winnow::tokenizer {
namespace {

std::optional<JsonValue> parse_if_there(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  return JsonValue::parse(read_model_file(path), path.string());
}

/// A token is written as a string or as an object with its content.
std::string token_text(const JsonValue& file, const char* key) {
  const std::optional<JsonValue> value = file.find(key);
  if (!value) return {};
  return value->is_string() ? value->string() : value->at("content").string();
}

std::string template_of(const JsonValue& config) {
  const std::optional<JsonValue> value = config.find("chat_template");
  if (!value) return {};
  if (!value->is_array()) return value->string();
  for (const JsonValue& item : value->items())
    if (item.at("name").string() == "default") return item.at("template").string();
  return {};
}

}  // namespace

FolderTexts read_folder_texts(const std::filesystem::path& folder) {
  FolderTexts texts;
  if (const auto config = parse_if_there(folder / "tokenizer_config.json"))
    texts = {token_text(*config, "bos_token"), token_text(*config, "eos_token"),
             template_of(*config)};
  if (const auto map = parse_if_there(folder / "special_tokens_map.json")) {
    if (texts.bos.empty()) texts.bos = token_text(*map, "bos_token");
    if (texts.eos.empty()) texts.eos = token_text(*map, "eos_token");
  }
  const std::filesystem::path own_template = folder / "chat_template.jinja";
  std::error_code error;
  if (std::filesystem::exists(own_template, error))
    texts.chat_template = read_model_file(own_template);
  return texts;
}

}  // namespace winnow::tokenizer
