#include "store/run_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::store {
namespace {

constexpr std::size_t kLongestNote = 4096;

std::string first_line(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// Field 22 of /proc/PID/stat; 0 if there is no such process.
std::uint64_t start_ticks_of(std::int64_t pid) {
  const std::string line = first_line(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = line.rfind(')');  // the second field may hold spaces and parentheses
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  std::uint64_t ticks = 0;
  fields >> ticks;
  return ticks;
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* action) {
  throw core::EnvironmentError(
      fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(errno)));
}

[[noreturn]] void refuse(const std::filesystem::path& path, const LockHolder& holder) {
  const std::string job = holder.job_id.empty() ? "" : fmt::format(", Slurm job {}", holder.job_id);
  throw core::EnvironmentError(
      fmt::format("{}: another winnow works in this run folder (host {}, pid {}{}); if that "
                  "process is gone, remove {}",
                  path.parent_path().string(), holder.host.empty() ? "unknown" : holder.host,
                  holder.pid, job, path.string()));
}

enum class Locked { yes, held_by_another, not_supported };

Locked try_lock(int descriptor, const std::filesystem::path& path) {
  struct flock whole_file {};
  whole_file.l_type = F_WRLCK;
  whole_file.l_whence = SEEK_SET;
  if (::fcntl(descriptor, F_OFD_SETLK, &whole_file) == 0) return Locked::yes;
  if (errno == EAGAIN || errno == EACCES) return Locked::held_by_another;
  if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP || errno == EINVAL)
    return Locked::not_supported;
  fail(path, "lock");
}

std::string read_note(int descriptor, const std::filesystem::path& path) {
  std::array<char, kLongestNote> text{};
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  if (length < 0) fail(path, "read");
  return {text.data(), static_cast<std::size_t>(length)};
}

void write_note(int descriptor, const std::filesystem::path& path, const std::string& text) {
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ::fsync(descriptor) != 0)
    fail(path, "write");
}

}  // namespace

LockHolder LockHolder::this_process() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const char* const job = std::getenv("SLURM_JOB_ID");
  return {host.data(), first_line("/proc/sys/kernel/random/boot_id"), ::getpid(),
          start_ticks_of(::getpid()), job == nullptr ? "" : job};
}

std::string LockHolder::to_text() const {
  return fmt::format("host {}\nboot {}\npid {}\nstart {}\njob {}\n", host, boot_id, pid,
                     start_ticks, job_id);
}

LockHolder LockHolder::parse(const std::string& text) {
  LockHolder holder;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string key;
    fields >> key;
    if (key == "host") fields >> holder.host;
    if (key == "boot") fields >> holder.boot_id;
    if (key == "pid") fields >> holder.pid;
    if (key == "start") fields >> holder.start_ticks;
    if (key == "job") fields >> holder.job_id;
  }
  return holder;
}

bool is_gone(const LockHolder& holder, const LockHolder& self) {
  if (!holder.job_id.empty() && holder.job_id == self.job_id && holder.host != self.host)
    return true;
  if (holder.host != self.host) return false;
  if (holder.boot_id != self.boot_id) return true;
  return start_ticks_of(holder.pid) != holder.start_ticks;
}

RunLock::RunLock(const std::filesystem::path& folder) : path_(folder / ".lock") {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(path_, "open the lock");
  try {
    const std::string note = read_note(descriptor_, path_);
    const LockHolder self = LockHolder::this_process();
    const LockHolder holder = LockHolder::parse(note);
    switch (try_lock(descriptor_, path_)) {
      case Locked::yes:
        break;
      case Locked::held_by_another:
        refuse(path_, holder);
      case Locked::not_supported:
        if (!note.empty() && !is_gone(holder, self)) refuse(path_, holder);
    }
    write_note(descriptor_, path_, self.to_text());
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

RunLock::~RunLock() {
  // An empty note says that nobody holds the folder; the file stays, since removing it would race
  // with the next one.
  static_cast<void>(::ftruncate(descriptor_, 0));
  ::close(descriptor_);
}

}  // namespace winnow::store
