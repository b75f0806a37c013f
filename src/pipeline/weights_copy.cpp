#include "pipeline/weights_copy.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "model/weight_files.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/manifest.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;

/// On disk before the next is read, so that a request to stop never waits for more.
constexpr std::size_t kPieceBytes = 32 << 20;
constexpr std::uint64_t kLargestRecord = 1 << 20;
constexpr std::chrono::milliseconds kLockPause(50);
/// In the copy: its files as they were when their fingerprint was taken.
constexpr const char* kRecord = "winnow-copy.json";

/// The lock of one copy, for the life of this object. Its file stays: removing it would race with
/// the next one.
class CopyLock {
 public:
  CopyLock(const fs::path& path, const WeightsStage& stage) {
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0) fail(path, "open the lock");
    try {
      struct stat status {};
      if (::fstat(descriptor_, &status) != 0) fail(path, "look at the lock");
      if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid())
        throw core::EnvironmentError(
            fmt::format("{}: expected a file of user {}, found one of user {}", path.string(),
                        ::geteuid(), status.st_uid));
      for (bool is_noted = false; ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0;) {
        if (errno != EWOULDBLOCK && errno != EINTR) fail(path, "lock");
        if (!std::exchange(is_noted, true))
          stage.note(
              fmt::format("another process copies the model; waiting for {}", path.string()));
        stage.look();
        std::this_thread::sleep_for(kLockPause);
      }
    } catch (...) {
      ::close(descriptor_);
      throw;
    }
  }
  ~CopyLock() { ::close(descriptor_); }
  CopyLock(const CopyLock&) = delete;
  CopyLock& operator=(const CopyLock&) = delete;

 private:
  [[noreturn]] static void fail(const fs::path& path, const char* action) {
    throw core::EnvironmentError(
        fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(errno)));
  }

  int descriptor_ = -1;
};

/// A folder that is gone at the end unless it was renamed.
class PendingFolder {
 public:
  explicit PendingFolder(fs::path path) : path_(std::move(path)) {
    fs::create_directory(path_);
    fs::permissions(path_, fs::perms::owner_all);
  }
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

/// Why something is not of the user's own; nothing if it is.
std::optional<std::string> foreign(const fs::path& path, fs::file_type type) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0)
    return fmt::format("{}: {}", path.filename().string(), std::strerror(errno));
  if (fs::symlink_status(path).type() != type)
    return fmt::format("{} is of another kind", path.filename().string());
  if (status.st_uid != ::geteuid())
    return fmt::format("{} belongs to user {}, not to {}", path.filename().string(), status.st_uid,
                       ::geteuid());
  return std::nullopt;
}

nlohmann::ordered_json stamps_of(const fs::path& copy, const std::vector<fs::path>& files) {
  nlohmann::ordered_json stamps = nlohmann::ordered_json::array();
  for (const fs::path& file : files) stamps.push_back(stamped(copy / file.filename()));
  return stamps;
}

nlohmann::ordered_json recorded_stamps(const fs::path& copy) {
  if (foreign(copy / kRecord, fs::file_type::regular)) return nullptr;
  return nlohmann::ordered_json::parse(core::read_file(copy / kRecord, kLargestRecord), nullptr,
                                       /*allow_exceptions=*/false);
}

/// Why a copy cannot be taken for the model; nothing if it can.
/// @param files  of the model
std::optional<std::string> fault_of(const fs::path& copy, const std::vector<fs::path>& files,
                                    const std::string& fingerprint,
                                    const std::function<void()>& look) {
  if (auto fault = foreign(copy, fs::file_type::directory)) return fault;
  for (const fs::path& file : files) {
    const fs::path copied = copy / file.filename();
    if (auto fault = foreign(copied, fs::file_type::regular)) return fault;
    if (bytes_of(copied) != bytes_of(file))
      return fmt::format("{} has {} bytes, the model's has {}", copied.filename().string(),
                         bytes_of(copied), bytes_of(file));
  }
  const nlohmann::ordered_json stamps = stamps_of(copy, files);
  if (stamps == recorded_stamps(copy)) return std::nullopt;
  try {
    if (model::WeightFiles(copy).fingerprint(look) != fingerprint)
      return "its fingerprint is not the model's";
  } catch (const core::ModelError& error) {
    return error.what();
  }
  core::write_file(copy / kRecord, json_text(stamps));
  return std::nullopt;
}

void remove_leftovers(const fs::path& target) {
  const std::string prefix = target.filename().string() + ".partial";
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(target.parent_path()))
    if (entry.path().filename().string().starts_with(prefix)) leftovers.push_back(entry.path());
  for (const fs::path& leftover : leftovers) fs::remove_all(leftover);
}

void expect_room(const fs::path& folder, std::uintmax_t bytes) {
  const std::uintmax_t free = fs::space(folder).available;
  if (bytes > free)
    throw core::EnvironmentError(
        fmt::format("{}: {} bytes are free, expected {} for the model's weights: another "
                    "model.stage, or none",
                    folder.string(), free, bytes));
}

void copy_file(const fs::path& file, const fs::path& target, const std::function<void()>& look) {
  core::OutputFile copy(target, /*exclusive=*/true);
  core::read_pieces(file, kPieceBytes, [&](std::string_view piece) {
    look();
    copy.write(piece);
    copy.sync();
  });
  copy.close();
}

void make_copy(const WeightsStage& stage, const fs::path& model, const std::vector<fs::path>& files,
               const fs::path& target, const std::string& fingerprint) {
  std::uintmax_t bytes = 0;
  for (const fs::path& file : files) bytes += fs::file_size(file);
  expect_room(stage.folder, bytes);
  const PendingFolder pending(target.string() + ".partial");
  for (const fs::path& file : files) copy_file(file, pending.path() / file.filename(), stage.look);
  if (model::WeightFiles(pending.path()).fingerprint(stage.look) != fingerprint)
    throw core::EnvironmentError(
        fmt::format("{}: the copy differs from {}: did the model change, or is the disk failing?",
                    pending.path().string(), model.string()));
  core::sync_folder(pending.path());
  fs::rename(pending.path(), target);
  core::sync_folder(stage.folder);
  core::write_file(target / kRecord, json_text(stamps_of(target, files)));
}

}  // namespace

fs::path WeightsStage::copy_of(const std::string& fingerprint) const {
  return folder / fmt::format("winnow-{}-{}", ::geteuid(), fingerprint);
}

void provide_copy(const WeightsStage& stage, const fs::path& model,
                  const std::string& fingerprint) {
  const fs::path target = stage.copy_of(fingerprint);
  try {
    fs::create_directories(stage.folder);
    const CopyLock lock(target.string() + ".lock", stage);
    remove_leftovers(target);
    const std::vector<fs::path> files = model::WeightFiles(model).files_to_copy();
    if (fs::exists(fs::symlink_status(target))) {
      const auto fault = fault_of(target, files, fingerprint, stage.look);
      if (!fault) return;
      stage.note(fmt::format("{} is not the model's copy any more and is made again: {}",
                             target.string(), *fault));
      fs::remove_all(target);
    }
    make_copy(stage, model, files, target, fingerprint);
  } catch (const fs::filesystem_error& error) {
    throw core::EnvironmentError(fmt::format("{}: the model's weights cannot be staged: {}",
                                             stage.folder.string(), error.code().message()));
  }
}

}  // namespace winnow::pipeline
