#include "training/pending_folder.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"

namespace winnow::training {
namespace fs = std::filesystem;

fs::path pending_path(const fs::path& target) {
  return target.parent_path() / fmt::format(".{}.pending", target.filename().string());
}

void remove_folder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error)
    throw core::EnvironmentError(
        fmt::format("{}: cannot remove the folder: {}", folder.string(), error.message()));
}

PendingFolder::PendingFolder(fs::path target)
    : target_(std::move(target)), path_(pending_path(target_)) {
  remove_folder(path_);
  std::error_code error;
  fs::create_directories(path_, error);
  if (error)
    throw core::EnvironmentError(
        fmt::format("{}: cannot create the folder: {}", path_.string(), error.message()));
}

PendingFolder::~PendingFolder() {
  std::error_code ignored;
  if (!is_published_) fs::remove_all(path_, ignored);
}

void PendingFolder::publish() {
  core::sync_folder(path_);
  remove_folder(target_);
  std::error_code error;
  fs::rename(path_, target_, error);
  if (error)
    throw core::EnvironmentError(fmt::format("{}: cannot rename a finished folder to this name: {}",
                                             target_.string(), error.message()));
  is_published_ = true;
  core::sync_folder(target_.parent_path());
}

}  // namespace winnow::training
