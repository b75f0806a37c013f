#include "app/job_override.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::app {
namespace {

/// A copy whose nodes have no line: theirs would be taken for one of the job file.
YAML::Node without_lines(const YAML::Node& node) {
  if (node.IsScalar()) return YAML::Node(node.Scalar());
  YAML::Node copy(node.Type());
  if (node.IsSequence())
    for (const YAML::Node& item : node) copy.push_back(without_lines(item));
  if (node.IsMap())
    for (const auto& entry : node)
      copy.force_insert(without_lines(entry.first), without_lines(entry.second));
  return copy;
}

/// The first key of a dotted path into `map`: the longest of the map's own that it begins with (a
/// key may hold dots), else up to the first dot.
std::string first_key(const YAML::Node& map, const std::string& path) {
  std::string longest;
  if (map.IsDefined() && map.IsMap())
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) continue;
      const std::string& key = entry.first.Scalar();
      if (key.size() > longest.size() && (path == key || path.starts_with(key + '.')))
        longest = key;
    }
  return longest.empty() ? path.substr(0, path.find('.')) : longest;
}

/// `map` with the value at a dotted path, maps made on the way. The maps on the way are new ones:
/// another place of the job may share the old ones by a YAML alias.
YAML::Node with_value(const YAML::Node& map, const std::string& path, const YAML::Node& value,
                      const std::string& assignment) {
  YAML::Node copy(YAML::NodeType::Map);
  for (const auto& entry : map) copy[entry.first] = entry.second;
  const std::string key = first_key(map, path);
  if (key.size() == path.size()) {
    copy[key] = value;
    return copy;
  }
  const YAML::Node child = map[key];
  const bool is_missing = !child.IsDefined() || child.IsNull();
  if (!is_missing && !child.IsMap())
    throw core::UsageError(
        fmt::format("--set {}: {} is not a map of keys in the job file", assignment, key));
  copy[key] = with_value(is_missing ? YAML::Node(YAML::NodeType::Map) : child,
                         path.substr(key.size() + 1), value, assignment);
  return copy;
}

}  // namespace

YAML::Node overridden(const YAML::Node& root, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw core::UsageError(fmt::format("--set {}: expected key.path=value", assignment));
  YAML::Node value;
  try {
    value = YAML::Load(assignment.substr(equals + 1));
  } catch (const YAML::Exception& error) {
    throw core::UsageError(fmt::format("--set {}: not a YAML value: {}", assignment, error.msg));
  }
  return with_value(root, assignment.substr(0, equals), without_lines(value), assignment);
}

}  // namespace winnow::app
