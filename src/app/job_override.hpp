#pragma once

#include <string>

#include <yaml-cpp/yaml.h>

namespace winnow::app {

/// The job with the key of one `--set a.b.c=VALUE` set to a YAML value; `root` stays as it is.
/// Paths are made absolute: on the command line they are relative to the current folder.
/// @throws core::UsageError if the assignment is none, or passes through what is no map.
[[nodiscard]] YAML::Node overridden(const YAML::Node& root, const std::string& assignment);

}  // namespace winnow::app
