#include "app/job_override.hpp"

#include <charconv>

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

YAML::Node with_value(const YAML::Node& parent, const std::string& path, const YAML::Node& value,
                      const std::string& assignment);

/// What stands behind `key` with the value put in: the value itself where the path ends there.
YAML::Node child_with_value(const YAML::Node& child, const std::string& key,
                            const std::string& path, const YAML::Node& value,
                            const std::string& assignment) {
  if (key.size() == path.size()) return value;
  const bool is_missing = !child.IsDefined() || child.IsNull();
  if (!is_missing && !child.IsMap() && !child.IsSequence())
    throw core::UsageError(
        fmt::format("--set {}: {} is not a map of keys in the job file", assignment, key));
  return with_value(is_missing ? YAML::Node(YAML::NodeType::Map) : child,
                    path.substr(key.size() + 1), value, assignment);
}

/// A copy of a list with the value put into one of its items (`0`, `1`, ...).
YAML::Node list_with_value(const YAML::Node& list, const std::string& path, const YAML::Node& value,
                           const std::string& assignment) {
  const std::string key = path.substr(0, path.find('.'));
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || end != key.data() + key.size() || index >= list.size())
    throw core::UsageError(
        list.size() == 0
            ? fmt::format("--set {}: '{}' is no item of an empty list", assignment, key)
            : fmt::format("--set {}: '{}' is no item of a list of {}: expected 0 to {}", assignment,
                          key, list.size(), list.size() - 1));
  YAML::Node copy(YAML::NodeType::Sequence);
  for (std::size_t i = 0; i < list.size(); ++i)
    copy.push_back(i == index ? child_with_value(list[i], key, path, value, assignment)
                              : YAML::Node(list[i]));
  return copy;
}

/// `parent` with the value at a dotted path, maps made on the way. The maps and lists on the way
/// are new ones: another place of the job may share the old ones by a YAML alias.
YAML::Node with_value(const YAML::Node& parent, const std::string& path, const YAML::Node& value,
                      const std::string& assignment) {
  if (parent.IsSequence()) return list_with_value(parent, path, value, assignment);
  YAML::Node copy(YAML::NodeType::Map);
  for (const auto& entry : parent) copy[entry.first] = entry.second;
  const std::string key = first_key(parent, path);
  copy[key] = child_with_value(parent[key], key, path, value, assignment);
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
