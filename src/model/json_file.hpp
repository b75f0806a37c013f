#pragma once

#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

namespace winnow::model {

/// A JSON file of a model folder: at most 16 MiB, nested at most 64 deep. nullopt if there is none.
/// @throws core::ModelError naming the file and what is wrong with it; core::EnvironmentError if it
/// cannot be read
[[nodiscard]] std::optional<nlohmann::json> read_json_file(const std::filesystem::path& file);

/// The same of a file that holds an object.
[[nodiscard]] std::optional<nlohmann::json> read_json_object(const std::filesystem::path& file);

}  // namespace winnow::model
