#include "core/durable_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::core {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* action, int error) {
  throw EnvironmentError(
      fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(error)));
}

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path, bool exclusive) : path_(path) {
  descriptor_ =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (exclusive ? O_EXCL : O_TRUNC), 0644);
  if (descriptor_ < 0) fail(path, "create the file", errno);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(other.descriptor_), size_(other.size_) {
  other.descriptor_ = -1;
}

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(path_, "write", errno);
    }
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::sync() {
  if (::fsync(descriptor_) != 0) fail(path_, "sync to disk", errno);
}

void OutputFile::close() {
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (descriptor >= 0 && ::close(descriptor) != 0) fail(path_, "close", errno);
}

void sync_folder(const std::filesystem::path& folder) {
  const int descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail(folder, "open the folder", errno);
  const int status = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  // Some network file systems refuse to sync a folder; their renames are durable by other means.
  if (status != 0 && error != EINVAL && error != ENOTSUP) fail(folder, "sync the folder", error);
}

void publish(const std::filesystem::path& file, const std::filesystem::path& target) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(file, "open", errno);
  const int status = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (status != 0) fail(file, "sync to disk", error);
  if (::rename(file.c_str(), target.c_str()) != 0)
    fail(target, "rename a finished file to this name", errno);
  sync_folder(target.parent_path());
}

void write_file(const std::filesystem::path& target, std::string_view bytes) {
  std::filesystem::path beside = target;
  beside += ".tmp";
  OutputFile file(beside, /*exclusive=*/false);
  file.write(bytes);
  file.close();
  publish(beside, target);
}

void remove_file(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) fail(path, "remove the file", error.value());
}

void require_regular_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status))
    throw EnvironmentError(fmt::format("{}: is a folder, expected a file", path.string()));
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw EnvironmentError(
        fmt::format("{}: is a pipe or a device, expected a file", path.string()));
}

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  require_regular_file(path);
  std::error_code error;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(path, "read", errno == 0 ? EIO : errno);
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) fail(path, "read", error.value());
  if (size > max_bytes)
    throw EnvironmentError(
        fmt::format("{}: {} bytes, expected at most {}", path.string(), size, max_bytes));
  std::string bytes(static_cast<std::size_t>(size), '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(size));
  if (static_cast<std::uint64_t>(stream.gcount()) != size) fail(path, "read to its end", EIO);
  return bytes;
}

void read_pieces(const std::filesystem::path& path, std::size_t piece_bytes,
                 const std::function<void(std::string_view)>& take) {
  require_regular_file(path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) fail(path, "read", errno);
  std::vector<char> piece(piece_bytes);
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get()))
    take({piece.data(), got});
  if (std::ferror(file.get())) fail(path, "read to its end", errno);
}

}  // namespace winnow::core
