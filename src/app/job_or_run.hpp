#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/job.hpp"

namespace winnow::app {

/// The job of a file, or the one that a run folder notes.
/// @param out  as read_job's; @throws core::UsageError if it is given beside a run folder
[[nodiscard]] pipeline::Job read_job_or_run(const std::filesystem::path& job_or_run,
                                            const std::vector<std::string>& overrides,
                                            const std::optional<std::filesystem::path>& out);

}  // namespace winnow::app
