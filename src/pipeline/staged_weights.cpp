#include "pipeline/staged_weights.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "core/error.hpp"
#include "model/weight_files.hpp"
#include "mpi/agree.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;

/// A folder that is gone at the end unless it was renamed.
class PendingFolder {
 public:
  explicit PendingFolder(fs::path path) : path_(std::move(path)) { fs::create_directories(path_); }
  ~PendingFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PendingFolder(const PendingFolder&) = delete;
  PendingFolder& operator=(const PendingFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void expect_room(const fs::path& folder, std::uintmax_t bytes) {
  const std::uintmax_t free = fs::space(folder).available;
  if (bytes > free)
    throw core::EnvironmentError(
        fmt::format("{}: {} bytes are free, expected {} for the model's weights: another "
                    "model.stage, or none",
                    folder.string(), free, bytes));
}

void copy_weights(const fs::path& model, const fs::path& target, const std::string& fingerprint) {
  const std::vector<fs::path> files = model::WeightFiles(model).files_to_copy();
  std::uintmax_t bytes = 0;
  for (const fs::path& file : files) bytes += fs::file_size(file);
  const PendingFolder pending(
      fmt::format("{}.partial-{}", target.string(), ::getpid()));
  expect_room(pending.path(), bytes);
  for (const fs::path& file : files) fs::copy_file(file, pending.path() / file.filename());
  if (model::WeightFiles(pending.path()).fingerprint() != fingerprint)
    throw core::EnvironmentError(
        fmt::format("{}: the copy differs from {}: did the model change, or is the disk failing?",
                    pending.path().string(), model.string()));
  std::error_code error;
  fs::rename(pending.path(), target, error);
  if (error && !fs::exists(target))  // another job's rank may have been faster
    throw core::EnvironmentError(
        fmt::format("{}: cannot be renamed to {}: {}", pending.path().string(), target.string(),
                    error.message()));
}

}  // namespace

std::filesystem::path staged_weights(const Context& context, const ModelScorer& scorer,
                                     const std::string& fingerprint) {
  if (scorer.stage.empty()) return scorer.path;
  const fs::path target = scorer.stage / ("winnow-" + fingerprint);
  const bool makes_copy = mpi::node_place(context.communicator).rank == 0;
  mpi::agree_on(context.communicator, [&] {
    if (!makes_copy || fs::exists(target)) return;
    try {
      copy_weights(scorer.path, target, fingerprint);
    } catch (const fs::filesystem_error& error) {
      throw core::EnvironmentError(
          fmt::format("{}: the model's weights cannot be staged: {}", scorer.stage.string(),
                      error.code().message()));
    }
  });
  return target;
}

}  // namespace winnow::pipeline
