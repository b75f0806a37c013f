#include "core/available_memory.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace winnow::core {
namespace {

constexpr std::string_view kGroups = "sys/fs/cgroup";

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

/// A file that holds one number; `max` and other words are none.
std::optional<std::uint64_t> read_number(const std::filesystem::path& file) {
  std::string line;
  std::ifstream stream(file);
  return std::getline(stream, line) ? to_number(line) : std::nullopt;
}

/// The number behind `name` in a file of lines that begin with a name.
std::optional<std::uint64_t> read_field(const std::filesystem::path& file, std::string_view name) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t digits = line.find_first_of("0123456789", name.size());
    return digits == std::string::npos ? std::nullopt
                                       : to_number(std::string_view(line).substr(digits));
  }
  return std::nullopt;
}

/// The names of one version's files.
struct GroupFiles {
  const char* limit;
  const char* used;
  const char* cached;  ///< in memory.stat
};
constexpr GroupFiles kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                  "total_inactive_file "};
constexpr GroupFiles kVersion2 = {"memory.max", "memory.current", "inactive_file "};

/// The least that a group and those above it leave.
void limit_by_groups(const std::filesystem::path& top, std::filesystem::path group,
                     const GroupFiles& files, std::optional<std::uint64_t>& least) {
  for (;;) {
    const std::filesystem::path folder = top / group;
    const auto limit = read_number(folder / files.limit);
    const auto used = read_number(folder / files.used);
    if (limit && used) {
      const std::uint64_t cached = read_field(folder / "memory.stat", files.cached).value_or(0);
      const std::uint64_t held = *used - std::min(*used, cached);
      const std::uint64_t left = *limit - std::min(*limit, held);
      least = least ? std::min(*least, left) : left;
    }
    if (group.empty()) return;
    group = group.parent_path();
  }
}

}  // namespace

std::optional<std::uint64_t> available_memory(const std::filesystem::path& root) {
  std::optional<std::uint64_t> least;
  if (const auto kibibytes = read_field(root / "proc/meminfo", "MemAvailable:"))
    least = *kibibytes * 1024;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t controllers = line.find(':');
    const std::size_t path = line.find(":/", controllers + 1);
    if (controllers == std::string::npos || path == std::string::npos) continue;
    const std::string names =
        fmt::format(",{},", line.substr(controllers + 1, path - controllers - 1));
    const std::filesystem::path group = line.substr(path + 2);
    if (names == ",,")
      limit_by_groups(root / kGroups, group, kVersion2, least);
    else if (names.find(",memory,") != std::string::npos)
      limit_by_groups(root / kGroups / "memory", group, kVersion1, least);
  }
  return least;
}

}  // namespace winnow::core
