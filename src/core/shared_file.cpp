#include "core/shared_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::core {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* action, const char* reason) {
  throw EnvironmentError(fmt::format("{}: cannot {}: {}", path.string(), action, reason));
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* action) {
  fail(path, action, std::strerror(errno));
}

/// Calls transfer(offset, bytes left), which returns as pwrite does, until all bytes have gone.
template <typename Byte, typename Transfer>
void transfer_all(const std::filesystem::path& path, const char* action, std::uint64_t offset,
                  std::span<Byte> bytes, const Transfer& transfer) {
  while (!bytes.empty()) {
    const ssize_t moved = transfer(static_cast<off_t>(offset), bytes);
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) fail(path, action);
    if (moved == 0) fail(path, action, "the file ends before");
    offset += static_cast<std::uint64_t>(moved);
    bytes = bytes.subspan(static_cast<std::size_t>(moved));
  }
}

}  // namespace

SharedFile::SharedFile(std::filesystem::path path, int flags) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(path_, (flags & O_CREAT) != 0 ? "create the file" : "open");
}

SharedFile SharedFile::create(const std::filesystem::path& path, std::uint64_t size) {
  SharedFile file(path, O_RDWR | O_CREAT | O_TRUNC);
  if (::ftruncate(file.descriptor_, static_cast<off_t>(size)) != 0)
    fail(path, "give the file its size");
  return file;
}

SharedFile SharedFile::open_to_write(const std::filesystem::path& path) {
  return SharedFile(path, O_RDWR);
}

SharedFile SharedFile::open_to_read(const std::filesystem::path& path) {
  return SharedFile(path, O_RDONLY);
}

SharedFile::~SharedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

SharedFile::SharedFile(SharedFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

std::uint64_t SharedFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail(path_, "ask for the size");
  return static_cast<std::uint64_t>(status.st_size);
}

void SharedFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  transfer_all(path_, "write", offset, bytes, [&](off_t at, std::span<const std::byte> left) {
    return ::pwrite(descriptor_, left.data(), left.size(), at);
  });
}

void SharedFile::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  transfer_all(path_, "read", offset, bytes, [&](off_t at, std::span<std::byte> left) {
    return ::pread(descriptor_, left.data(), left.size(), at);
  });
}

void SharedFile::sync() {
  if (::fsync(descriptor_) != 0) fail(path_, "sync to disk");
}

}  // namespace winnow::core
