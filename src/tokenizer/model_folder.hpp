#pragma once

#include <filesystem>
#include <string>

namespace winnow::tokenizer {

/// What the files beside tokenizer.json say about texts; empty where none says anything.
struct FolderTexts {
  std::string bos;
  std::string eos;
  std::string chat_template;
};

/// Reads tokenizer_config.json, then special_tokens_map.json for what it does not name;
/// chat_template.jinja goes before the template of tokenizer_config.json. Of a list of named
/// templates the one called "default" counts.
/// @throws core::ModelError naming file and place for malformed JSON or a field of a wrong type.
[[nodiscard]] FolderTexts read_folder_texts(const std::filesystem::path& folder);

}  // namespace winnow::tokenizer
