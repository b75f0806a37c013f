#pragma once

#include <string>

#include "app/yaml_section.hpp"
#include "data/source.hpp"

namespace winnow::app {

/// The keys that say where rows are and how they are read; the caller finishes the section.
/// @param bad_rows  what to do with them and how long a row may be, where the section does not say
[[nodiscard]] data::SourceOptions read_source(YamlSection& section,
                                              const data::SourceOptions& bad_rows = {});

/// The same of rows beside the job's own: under `key` stands a file, a list of files or a glob, or
/// a map with the keys of the job's own `data`.
/// @param job_data  whose bad rows and row lengths count where nothing is said
[[nodiscard]] data::SourceOptions read_own_source(YamlSection& section, const std::string& key,
                                                  const data::SourceOptions& job_data);

}  // namespace winnow::app
