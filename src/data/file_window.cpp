#include "data/file_window.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::data {

FileWindow::FileWindow(const std::filesystem::path& path, std::size_t window_bytes)
    : path_(path), window_bytes_(window_bytes) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ >= 0) return;
  const int reason = errno;
  const auto message =
      fmt::format("{}: cannot be opened: {}", path.string(), std::strerror(reason));
  if (reason == ENOENT) throw core::DataError(message);
  throw core::EnvironmentError(message);
}

FileWindow::~FileWindow() { ::close(descriptor_); }

std::string_view FileWindow::available(std::size_t at_least) {
  while (buffer_.size() - position_ < at_least && read_more()) {
  }
  return std::string_view(buffer_).substr(position_);
}

bool FileWindow::read_more() {
  const std::size_t unneeded = marked_ ? mark_ : position_;
  buffer_.erase(0, unneeded);
  buffer_offset_ += unneeded;
  position_ -= unneeded;
  mark_ = 0;

  const std::size_t held = buffer_.size();
  buffer_.resize(held + window_bytes_);
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, buffer_.data() + held, window_bytes_);
  } while (got < 0 && errno == EINTR);
  if (got < 0)
    throw core::EnvironmentError(fmt::format("{}: read error at byte {}: {}", path_.string(),
                                             buffer_offset_ + held, std::strerror(errno)));
  buffer_.resize(held + static_cast<std::size_t>(got));
  hash_.update(std::string_view(buffer_).substr(held));
  return got > 0;
}

void FileWindow::consume(std::size_t count) {
  const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(position_);
  line_ += static_cast<std::uint64_t>(
      std::count(begin, begin + static_cast<std::ptrdiff_t>(count), '\n'));
  position_ += count;
}

void FileWindow::mark() {
  mark_ = position_;
  marked_ = true;
}

void FileWindow::drop() { marked_ = false; }

std::string_view FileWindow::kept() const {
  return marked_ ? std::string_view(buffer_).substr(mark_, position_ - mark_) : std::string_view();
}

}  // namespace winnow::data
