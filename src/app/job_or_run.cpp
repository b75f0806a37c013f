#include "app/job_or_run.hpp"

#include <fmt/format.h>

#include "app/job_file.hpp"
#include "core/error.hpp"
#include "pipeline/manifest.hpp"

namespace winnow::app {

pipeline::Job read_job_or_run(const std::filesystem::path& job_or_run,
                              const std::vector<std::string>& overrides,
                              const std::optional<std::filesystem::path>& out) {
  if (!std::filesystem::is_directory(job_or_run)) return read_job(job_or_run, overrides, out);
  if (out)
    throw core::UsageError(
        fmt::format("--out: given, but {} is a run folder itself", job_or_run.string()));
  const pipeline::RunFolder folder(job_or_run);
  const pipeline::RecordedJob job = pipeline::recorded_job(folder);
  return parse_job(job.text, folder.manifest(), job.folder, overrides, job_or_run);
}

}  // namespace winnow::app
