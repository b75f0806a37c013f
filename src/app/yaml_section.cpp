#include "app/yaml_section.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/nearest.hpp"

namespace winnow::app {
namespace {

const char* kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (node.IsNull()) return "nothing";
  return "a value";
}

}  // namespace

YamlSection::YamlSection(YAML::Node node, std::string file, std::filesystem::path folder,
                         std::string path)
    : node_(std::move(node)),
      file_(std::move(file)),
      folder_(std::move(folder)),
      path_(std::move(path)) {
  if (!node_.IsMap())
    throw core::UsageError(fmt::format("{}{}: found {}, expected a map of keys", where(node_),
                                       path_.empty() ? "the job file" : path_, kind_of(node_)));
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar())
      throw core::UsageError(fmt::format("{}{}: a key is {}, expected a name", where(entry.first),
                                         path_, kind_of(entry.first)));
    if (!seen.insert(entry.first.Scalar()).second)
      throw core::UsageError(
          fmt::format("{}{}: given twice", where(entry.first), name_of(entry.first.Scalar())));
  }
}

std::string YamlSection::where(const YAML::Node& node) const {
  const int line = node.Mark().line;
  return line < 0 ? file_ + ": " : fmt::format("{}:{}: ", file_, line + 1);
}

std::string YamlSection::name_of(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

std::string YamlSection::place_of(const std::string& key) const {
  const YAML::Node child = node_[key];
  return where(child ? child : node_) + name_of(key);
}

void YamlSection::fail(const std::string& key, const std::string& problem) const {
  throw core::UsageError(fmt::format("{}: {}", place_of(key), problem));
}

YAML::Node YamlSection::node(const std::string& key) {
  asked_.insert(key);
  const YAML::Node& map = node_;
  return map[key];
}

bool YamlSection::has(const std::string& key) {
  const YAML::Node child = node(key);
  return child && !child.IsNull();
}

std::vector<std::string> YamlSection::keys() const {
  std::vector<std::string> names;
  for (const auto& entry : node_) names.push_back(entry.first.Scalar());
  return names;
}

std::optional<std::string> YamlSection::scalar(const std::string& key, const char* expected) {
  if (!has(key)) return std::nullopt;
  const YAML::Node child = node(key);
  if (!child.IsScalar()) fail(key, fmt::format("found {}, expected {}", kind_of(child), expected));
  return text_of(key, child);
}

std::string YamlSection::text_of(const std::string& key, const YAML::Node& node) const {
  if (node.Scalar().find('\0') != std::string::npos)
    throw core::UsageError(fmt::format("{}{}: found a NUL character, expected a text without",
                                       where(node), name_of(key)));
  return node.Scalar();
}

std::optional<std::string> YamlSection::text(const std::string& key) {
  return scalar(key, "a text");
}

std::string YamlSection::required_text(const std::string& key) {
  const auto value = text(key);
  if (!value || value->empty()) fail(key, "missing, expected a text");
  return *value;
}

std::optional<std::string> YamlSection::one_of(const std::string& key,
                                               const std::vector<std::string>& allowed) {
  const auto value = text(key);
  if (value && std::find(allowed.begin(), allowed.end(), *value) == allowed.end())
    fail(key, fmt::format("found '{}', expected one of {}; nearest is '{}'", *value,
                          fmt::join(allowed, ", "), core::nearest(*value, allowed)));
  return value;
}

std::optional<bool> YamlSection::boolean(const std::string& key) {
  const auto value = scalar(key, "true or false");
  if (!value) return std::nullopt;
  if (*value == "true") return true;
  if (*value == "false") return false;
  fail(key, fmt::format("found '{}', expected true or false", *value));
}

std::optional<std::uint64_t> YamlSection::unsigned_integer(const std::string& key,
                                                           std::uint64_t least,
                                                           std::uint64_t most) {
  const auto value = scalar(key, "a whole number");
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size() || number < least ||
      number > most)
    fail(key,
         fmt::format("found '{}', expected a whole number from {} to {}", *value, least, most));
  return number;
}

std::optional<std::uint64_t> YamlSection::bytes(const std::string& key, std::uint64_t most) {
  const auto value = scalar(key, "a size");
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  std::string_view unit(end, static_cast<std::size_t>(value->data() + value->size() - end));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::array<std::pair<std::string_view, unsigned>, 4> kShifts = {
      {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
  for (const auto& [name, shift] : kShifts)
    if (error == std::errc() && unit == name && number > 0 && number <= most >> shift)
      return number << shift;
  fail(key,
       fmt::format("found '{}', expected a size from 1 to {} bytes: 4096, 512 KiB, 64 MiB, 8 GiB",
                   *value, most));
}

std::optional<double> YamlSection::number(const std::string& key, double least, double most) {
  const auto value = scalar(key, "a number");
  if (!value) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size() ||
      !(number >= least && number <= most))
    fail(key, fmt::format("found '{}', expected a number from {} to {}", *value, least, most));
  return number;
}

std::optional<std::vector<std::string>> YamlSection::texts(const std::string& key) {
  if (!has(key)) return std::nullopt;
  const YAML::Node child = node(key);
  if (child.IsScalar()) return std::vector<std::string>{text_of(key, child)};
  if (!child.IsSequence())
    fail(key, fmt::format("found {}, expected a text or a list of texts", kind_of(child)));
  std::vector<std::string> values;
  for (const YAML::Node& item : child) {
    if (!item.IsScalar())
      fail(key, fmt::format("the list holds {}, expected texts", kind_of(item)));
    values.push_back(text_of(key, item));
  }
  return values;
}

std::filesystem::path YamlSection::path_of(const std::string& key, YAML::Node node) const {
  const std::filesystem::path given(text_of(key, node));
  if (given.empty()) fail(key, "empty, expected a path");
  const bool is_of_command_line = node.Mark().line < 0;
  if (is_of_command_line) node = std::filesystem::absolute(given).string();
  return (is_of_command_line ? std::filesystem::absolute(given) : folder_ / given)
      .lexically_normal();
}

std::optional<std::filesystem::path> YamlSection::path(const std::string& key) {
  if (!text(key)) return std::nullopt;
  return path_of(key, node(key));
}

std::filesystem::path YamlSection::required_path(const std::string& key) {
  static_cast<void>(required_text(key));
  return path_of(key, node(key));
}

std::vector<std::filesystem::path> YamlSection::required_paths(const std::string& key) {
  std::vector<std::filesystem::path> paths;
  const YAML::Node child = node(key);
  if (!texts(key)) fail(key, "missing, expected a file, a list of files or a glob");
  if (child.IsScalar()) return {path_of(key, child)};
  for (const YAML::Node& item : child) paths.push_back(path_of(key, item));
  if (paths.empty()) fail(key, "empty, expected a file, a list of files or a glob");
  return paths;
}

std::optional<YamlSection> YamlSection::section(const std::string& key) {
  if (!has(key)) return std::nullopt;
  return YamlSection(node(key), file_, folder_, name_of(key));
}

std::vector<YamlSection> YamlSection::sections(const std::string& key) {
  std::vector<YamlSection> found;
  if (!has(key)) return found;
  const YAML::Node child = node(key);
  if (!child.IsSequence()) return {YamlSection(child, file_, folder_, name_of(key))};
  for (std::size_t i = 0; i < child.size(); ++i)
    found.emplace_back(child[i], file_, folder_, fmt::format("{}[{}]", name_of(key), i));
  return found;
}

void YamlSection::finish() const {
  for (const auto& entry : node_) {
    const std::string& key = entry.first.Scalar();
    if (asked_.contains(key)) continue;
    const std::vector<std::string> valid(asked_.begin(), asked_.end());
    throw core::UsageError(fmt::format("{}{}: unknown key; nearest valid key is '{}' (valid: {})",
                                       where(entry.first), name_of(key), core::nearest(key, valid),
                                       fmt::join(valid, ", ")));
  }
}

}  // namespace winnow::app
