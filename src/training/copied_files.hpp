#pragma once

#include <filesystem>

namespace winnow::training {

/// Copies what writes texts down for a model (tokenizer, chat template), and the licence, as far as
/// `from` has them. @throws core::EnvironmentError
void copy_text_files(const std::filesystem::path& from, const std::filesystem::path& to);

/// Copies one file where it is there. @throws core::EnvironmentError
void copy_if_there(const std::filesystem::path& file, const std::filesystem::path& to);

}  // namespace winnow::training
