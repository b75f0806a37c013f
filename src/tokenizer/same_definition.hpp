#pragma once

#include <filesystem>

namespace winnow::tokenizer {

/// True if the tokenizer.json files of two model folders define the same tokenizer, however they
/// are written: libraries that save one change its layout, and how they spell merges.
/// @throws core::ModelError as Tokenizer::load
[[nodiscard]] bool same_definition(const std::filesystem::path& folder,
                                   const std::filesystem::path& other);

}  // namespace winnow::tokenizer
