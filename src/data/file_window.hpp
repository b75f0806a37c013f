#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/hash.hpp"

namespace winnow::data {

/// A file read once from front to back through a window; the bytes from a mark on can be kept.
class FileWindow {
 public:
  /// @throws core::DataError if the file is missing, core::EnvironmentError if it cannot be read.
  FileWindow(const std::filesystem::path& path, std::size_t window_bytes);
  ~FileWindow();
  FileWindow(const FileWindow&) = delete;
  FileWindow& operator=(const FileWindow&) = delete;

  /// The unread bytes at hand, after reading on while they are fewer than `at_least`; fewer only at
  /// the file's end.
  [[nodiscard]] std::string_view available(std::size_t at_least = 1);
  /// Moves past `count` of the available bytes.
  void consume(std::size_t count);

  /// Keeps what follows, until drop().
  void mark();
  void drop();
  /// From the mark to the next unread byte, empty without a mark; valid until the next call of
  /// available(), mark() or drop().
  [[nodiscard]] std::string_view kept() const;

  [[nodiscard]] std::uint64_t offset() const { return buffer_offset_ + position_; }
  /// Of the next unread byte, from 1.
  [[nodiscard]] std::uint64_t line() const { return line_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return buffer_offset_ + buffer_.size(); }
  [[nodiscard]] core::Hash128 hash() const { return hash_.digest(); }

 private:
  /// False at the file's end.
  bool read_more();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::size_t window_bytes_;
  std::string buffer_;  ///< bytes of the file from buffer_offset_ on
  std::uint64_t buffer_offset_ = 0;
  std::size_t position_ = 0;  ///< next unread byte, in buffer_
  std::size_t mark_ = 0;      ///< in buffer_
  bool marked_ = false;
  std::uint64_t line_ = 1;
  core::StreamHash hash_;
};

}  // namespace winnow::data
