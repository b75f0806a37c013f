#pragma once

#include <filesystem>
#include <string>

namespace winnow::app {

/// True for what may name a scorer, a selection, replies, ...: at most 200 letters, digits, `_`,
/// `-` and `.`; longer names make file names that file systems refuse.
[[nodiscard]] bool is_group_name(const std::string& name);

/// What a folder is called, whether or not a slash ends its path.
[[nodiscard]] std::string folder_name(const std::filesystem::path& folder);

}  // namespace winnow::app
