#include "data/source.hpp"

#include <glob.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/spool.hpp"

namespace winnow::data {
namespace {

std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  const std::unique_ptr<glob_t, decltype(&::globfree)> owner(&found, &::globfree);
  if (status == GLOB_NOSPACE || status == GLOB_ABORTED)
    throw core::EnvironmentError(fmt::format("{}: the folder cannot be listed", pattern));
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  std::sort(names.begin(), names.end());
  return names;
}

void require_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw core::DataError(fmt::format("{}: found no such file, expected a data file", path));
  if (error)
    throw core::EnvironmentError(fmt::format("{}: cannot be read: {}", path, error.message()));
  if (status.type() == std::filesystem::file_type::directory)
    throw core::DataError(fmt::format("{}: found a folder, expected a data file", path));
  if (status.type() != std::filesystem::file_type::regular)
    throw core::DataError(fmt::format("{}: found a device or pipe, expected a data file", path));
}

}  // namespace

std::vector<std::string> resolve_files(std::span<const std::string> paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    const bool is_glob =
        path.find_first_of("*?[") != std::string::npos && !std::filesystem::exists(path, ignored);
    auto names = is_glob ? matches_of(path) : std::vector<std::string>{path};
    if (names.empty())
      throw core::DataError(
          fmt::format("{}: found no file that matches, expected at least one", path));
    for (std::string& name : names) {
      require_file(name);
      files.push_back(std::move(name));
    }
  }
  if (files.empty()) throw core::UsageError("data.path: found no path, expected a data file");
  return files;
}

std::vector<DataFile> open_files(std::span<const std::string> paths,
                                 const std::filesystem::path& spool_folder) {
  std::vector<DataFile> files;
  for (const std::string& name : resolve_files(paths))
    files.push_back({name, spool(name, spool_folder)});
  return files;
}

}  // namespace winnow::data
