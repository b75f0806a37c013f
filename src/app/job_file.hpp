#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/job.hpp"

namespace winnow::app {

/// Reads a job file (design: docs/job_file.md), applies `--set key.path=value` overrides and checks
/// every key.
///
/// Paths in the file are relative to the file's folder, paths in overrides to the current folder.
/// @param out  the run folder itself; nullopt: runs/<name> in the current folder
/// @throws core::UsageError naming file, line, key, what was found and what is expected.
[[nodiscard]] pipeline::Job read_job(const std::filesystem::path& file,
                                     const std::vector<std::string>& overrides,
                                     const std::optional<std::filesystem::path>& out);

/// The same from the text of a job file.
/// @param file    as messages name it
/// @param folder  where its relative paths start, absolute
[[nodiscard]] pipeline::Job parse_job(const std::string& text, const std::filesystem::path& file,
                                      const std::filesystem::path& folder,
                                      const std::vector<std::string>& overrides,
                                      const std::optional<std::filesystem::path>& out);

}  // namespace winnow::app
