#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"

namespace winnow::store {

/// Takes the room for bytes [begin, begin + length) of a file from the disk before they are
/// written, where the file system can.
/// @throws EnvironmentError when the disk or the quota is full.
void reserve_space(const std::filesystem::path& file, std::uint64_t begin, std::uint64_t length);

/// @throws EnvironmentError when this process may not write a file of this size.
void check_size_limit(const std::filesystem::path& file, std::uint64_t size);

/// Bytes of a dataset that were handed to HDF5, and where a contiguous layout puts them in the
/// file.
struct WrittenBytes {
  std::string dataset;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  core::Hash128 hash;
};

/// Reads all of it from the closed file. @throws EnvironmentError naming the dataset that the disk
/// did not keep.
void check_written(const std::filesystem::path& file, const std::vector<WrittenBytes>& written);

[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace winnow::store
