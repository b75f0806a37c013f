#pragma once

#include <filesystem>

#include "app/yaml_section.hpp"
#include "data/source.hpp"

namespace winnow::app {

/// The keys that say where rows are and how they are read; the caller finishes the section.
/// @param folder  of the job file
[[nodiscard]] data::SourceOptions read_source(YamlSection& section,
                                              const std::filesystem::path& folder);

}  // namespace winnow::app
