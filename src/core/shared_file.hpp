#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace winnow::core {

/// A file of known size that several processes write parts of, or read parts of; every call is
/// checked, EINTR and short transfers are continued.
/// @throws EnvironmentError naming the path and the system's reason (disk full, permissions, ...).
class SharedFile {
 public:
  /// Makes the file anew, `size` bytes long.
  [[nodiscard]] static SharedFile create(const std::filesystem::path& path, std::uint64_t size);
  [[nodiscard]] static SharedFile open_to_write(const std::filesystem::path& path);
  [[nodiscard]] static SharedFile open_to_read(const std::filesystem::path& path);
  ~SharedFile();
  SharedFile(SharedFile&& other) noexcept;
  SharedFile& operator=(SharedFile&&) = delete;
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  [[nodiscard]] std::uint64_t size() const;
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  /// @throws EnvironmentError also where the file ends before
  void read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
  /// What this process wrote is on the disk when this returns.
  void sync();

 private:
  SharedFile(std::filesystem::path path, int flags);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace winnow::core
