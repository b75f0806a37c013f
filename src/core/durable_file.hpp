#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace winnow::core {

/// A file open for writing; every call is checked, EINTR and short writes are continued.
/// @throws EnvironmentError naming the path and the system's reason (disk full, permissions, ...).
class OutputFile {
 public:
  /// Creates the file; it must not exist when `exclusive`.
  OutputFile(const std::filesystem::path& path, bool exclusive);
  ~OutputFile();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  /// Everything written so far is on the disk when this returns.
  void sync();
  /// Closes and checks; the destructor closes without checking.
  void close();
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// fsyncs `file` (already written and closed by anyone), renames it to `target` and fsyncs the
/// folder: readers see the old or the new file, whole. Both must be in one folder.
void publish(const std::filesystem::path& file, const std::filesystem::path& target);

/// Writes `bytes` beside `target` and publishes them.
void write_file(const std::filesystem::path& target, std::string_view bytes);

/// Removes a file that may be there. @throws EnvironmentError if it cannot be removed.
void remove_file(const std::filesystem::path& path);

/// Opening a pipe would wait for its writer: @throws EnvironmentError if something stands there
/// that is no regular file.
void require_regular_file(const std::filesystem::path& path);

/// The whole file. @throws EnvironmentError if missing or unreadable, or larger than `max_bytes`.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// Hands the file's bytes on in pieces of at most `piece_bytes`.
/// @throws EnvironmentError if it cannot be read, or what `take` throws
void read_pieces(const std::filesystem::path& path, std::size_t piece_bytes,
                 const std::function<void(std::string_view)>& take);

/// fsyncs a folder, so that names created in it survive a crash.
void sync_folder(const std::filesystem::path& folder);

}  // namespace winnow::core
