#pragma once

#include <filesystem>

namespace winnow::training {

/// Copies what writes texts down for a model (tokenizer, chat template), and the licence, as far as
/// `from` has them. @throws core::EnvironmentError
void copy_text_files(const std::filesystem::path& from, const std::filesystem::path& to);

/// Writes what stands beside the weights of a Hugging Face folder: config.json, with the type that
/// the weights are stored in under the key that it uses; tokenizer, chat template and generation
/// settings as they are.
/// @throws core::EnvironmentError
void write_model_files(const std::filesystem::path& folder, const std::filesystem::path& source,
                       bool is_bf16);

}  // namespace winnow::training
