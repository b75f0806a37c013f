#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace winnow::training {

/// The file by which a folder tells what it was made from, and how its other files read.
inline constexpr const char* kSealFile = "winnow.json";

/// Notes every file that stands in the folder, with its XXH3-128.
/// @throws core::EnvironmentError
void seal_folder(const std::filesystem::path& folder, const std::string& made_from);

/// What the folder was sealed as made from, whatever has become of its files; nothing without a
/// seal.
[[nodiscard]] std::optional<std::string> sealed_from(const std::filesystem::path& folder);

/// Whether the folder was sealed as made from just this, and its files are as they were.
[[nodiscard]] bool is_sealed(const std::filesystem::path& folder, const std::string& made_from);

/// The first file that the folder's seal names and that is gone or reads otherwise, or the seal
/// where it cannot be read; nothing where all are as they were, or where there is no seal. Files
/// that the seal does not name are nobody's business.
/// @param between_pieces  is called every megabyte and may throw
[[nodiscard]] std::optional<std::string> changed_file(
    const std::filesystem::path& folder, const std::function<void()>& between_pieces = {});

}  // namespace winnow::training
