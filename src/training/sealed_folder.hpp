#pragma once

#include <filesystem>
#include <string>

namespace winnow::training {

/// The file by which a folder tells what it was made from, and how its other files read.
inline constexpr const char* kSealFile = "winnow.json";

/// Notes every file that stands in the folder, with its XXH3-128.
/// @throws core::EnvironmentError
void seal_folder(const std::filesystem::path& folder, const std::string& made_from);

/// Whether the folder was sealed as made from just this, and its files are as they were.
[[nodiscard]] bool is_sealed(const std::filesystem::path& folder, const std::string& made_from);

}  // namespace winnow::training
