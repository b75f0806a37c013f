#pragma once

#include <string>

#include <yaml-cpp/yaml.h>

namespace winnow::app {

/// The job with the key of one `--set a.b.c=VALUE` set to a YAML value; `root` stays as it is.
/// The value's nodes have no line, by which YamlSection tells them from those of the job file.
/// @throws core::UsageError if the assignment is none, or passes through what is no map.
[[nodiscard]] YAML::Node overridden(const YAML::Node& root, const std::string& assignment);

}  // namespace winnow::app
