#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace winnow::app {

/// A YAML map that is read key by key; whatever was not asked for when `finish` is called is an
/// error that names the line and the nearest valid key. All errors are core::UsageError:
/// `FILE:LINE: section.key: found, expected`.
class YamlSection {
 public:
  /// @param file    as messages name it
  /// @param folder  where its relative paths start
  /// @param path    dotted name of the section; empty for the whole file
  YamlSection(YAML::Node node, std::string file, std::filesystem::path folder, std::string path);

  [[nodiscard]] bool has(const std::string& key);
  [[nodiscard]] std::optional<std::string> text(const std::string& key);
  [[nodiscard]] std::string required_text(const std::string& key);
  [[nodiscard]] std::optional<std::string> one_of(const std::string& key,
                                                  const std::vector<std::string>& allowed);
  [[nodiscard]] std::optional<bool> boolean(const std::string& key);
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer(const std::string& key,
                                                              std::uint64_t least,
                                                              std::uint64_t most);
  /// `4096`, `512 KiB`, `64MiB`, `8 GiB`, at most `most` bytes.
  [[nodiscard]] std::optional<std::uint64_t> bytes(const std::string& key, std::uint64_t most);
  [[nodiscard]] std::optional<double> number(const std::string& key, double least, double most);
  /// A string or a list of strings.
  [[nodiscard]] std::optional<std::vector<std::string>> texts(const std::string& key);
  /// A path: relative to the folder or, where it comes from the command line, to the current
  /// one. It is made absolute in the node too, which may be written down elsewhere.
  [[nodiscard]] std::optional<std::filesystem::path> path(const std::string& key);
  [[nodiscard]] std::filesystem::path required_path(const std::string& key);
  /// A path or a list of paths, at least one.
  [[nodiscard]] std::vector<std::filesystem::path> required_paths(const std::string& key);
  [[nodiscard]] std::optional<YamlSection> section(const std::string& key);
  /// A map, or each map of a list (`key[0]`, ...); none where nothing is given.
  [[nodiscard]] std::vector<YamlSection> sections(const std::string& key);
  /// The node as it stands, for keys with several forms.
  [[nodiscard]] YAML::Node node(const std::string& key);
  [[nodiscard]] std::vector<std::string> keys() const;

  /// @throws core::UsageError for the first key that nobody asked for.
  void finish() const;
  /// `FILE:LINE: section` and `FILE:LINE: section.key`, for messages.
  [[nodiscard]] std::string place() const { return where(node_) + path_; }
  [[nodiscard]] std::string place_of(const std::string& key) const;
  [[noreturn]] void fail(const std::string& key, const std::string& problem) const;

 private:
  [[nodiscard]] std::optional<std::string> scalar(const std::string& key, const char* expected);
  [[nodiscard]] std::string text_of(const std::string& key, const YAML::Node& node) const;
  [[nodiscard]] std::filesystem::path path_of(const std::string& key, YAML::Node node) const;
  [[nodiscard]] std::string where(const YAML::Node& node) const;
  [[nodiscard]] std::string name_of(const std::string& key) const;

  YAML::Node node_;
  std::string file_;
  std::filesystem::path folder_;
  std::string path_;
  std::set<std::string> asked_;
};

}  // namespace winnow::app
