#include "data/row_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"

namespace winnow::data {
namespace {

/// Well below the usual limit of 1,024 open files.
constexpr std::size_t kOpenFiles = 256;

}  // namespace

RowReader::RowReader(std::vector<DataFile> files) : files_(std::move(files)) {}

RowReader::~RowReader() { close_all(); }

std::string RowReader::read(std::uint32_t file, std::uint64_t byte_offset,
                            std::uint64_t byte_length, std::uint64_t hash) {
  const int from = descriptor(file);
  std::string bytes(byte_length, '\0');
  std::size_t held = 0;
  while (held < bytes.size()) {
    const ssize_t got = ::pread(from, bytes.data() + held, bytes.size() - held,
                                static_cast<off_t>(byte_offset + held));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw core::EnvironmentError(fmt::format("{}: read error at byte {}: {}",
                                               files_[file].path.string(), byte_offset + held,
                                               std::strerror(errno)));
    if (got == 0) break;
    held += static_cast<std::size_t>(got);
  }
  if (held < bytes.size() || core::hash64(bytes) != hash)
    throw core::UsageError(
        fmt::format("{}: has changed since it was indexed: found {} at byte {}, expected the row's "
                    "{} bytes as they were",
                    files_[file].name, held < bytes.size() ? "the end of the file" : "other bytes",
                    byte_offset, byte_length));
  return bytes;
}

int RowReader::descriptor(std::uint32_t file) {
  core::check(file < files_.size(), "a row's file belongs to the data set");
  if (const auto known = open_.find(file); known != open_.end()) return known->second;
  if (open_.size() == kOpenFiles) close_all();
  const int opened = ::open(files_[file].path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) {
    const int reason = errno;
    const auto message =
        fmt::format("{}: cannot be opened: {}", files_[file].path.string(), std::strerror(reason));
    if (reason == ENOENT) throw core::DataError(message);
    throw core::EnvironmentError(message);
  }
  open_.emplace(file, opened);
  return opened;
}

void RowReader::close_all() {
  for (const auto& [file, opened] : open_) ::close(opened);
  open_.clear();
}

}  // namespace winnow::data
