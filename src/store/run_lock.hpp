#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace winnow::store {

/// Who holds a run folder.
struct LockHolder {
  std::string host;
  std::string boot_id;  ///< of the host's kernel
  std::int64_t pid = 0;
  std::uint64_t start_ticks =
      0;  ///< when the process started, in clock ticks since boot: tells a reused pid apart
  std::string job_id;  ///< of Slurm; empty without it

  [[nodiscard]] static LockHolder this_process();
  [[nodiscard]] std::string to_text() const;
  /// An unreadable text gives a holder without a host.
  [[nodiscard]] static LockHolder parse(const std::string& text);
};

/// True when the holder cannot be alive any more as far as `self`'s machine can tell: same host and
/// the process is gone or the host was restarted, or the same Slurm job was started again.
[[nodiscard]] bool is_gone(const LockHolder& holder, const LockHolder& self);

/// Exclusive right to write in a run folder, for the life of this object. The system's lock on
/// FOLDER/.lock ends with the process, however it dies; the file says who holds it. Where the file
/// system has no locks, the note alone decides (`is_gone`). To be taken by one rank.
class RunLock {
 public:
  /// @throws EnvironmentError naming the holder when another process has the folder, or the
  /// system's reason.
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace winnow::store
