#pragma once

#include "app/yaml_section.hpp"
#include "data/source.hpp"

namespace winnow::app {

/// The keys that say where rows are and how they are read; the caller finishes the section.
/// @param bad_rows  what to do with them and how long a row may be, where the section does not say
[[nodiscard]] data::SourceOptions read_source(YamlSection& section,
                                              const data::SourceOptions& bad_rows = {});

}  // namespace winnow::app
