#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace winnow::data {

enum class Compression { none, gzip, zstd };

/// Told by the file's first bytes; its name does not matter.
[[nodiscard]] Compression compression_of(const std::filesystem::path& file);

/// Hands the uncompressed bytes of `file` to `sink`, piece by piece; several gzip members or
/// Zstandard frames follow each other.
/// @throws core::DataError naming the compressed byte where a stream is damaged or ends early.
void decompress(const std::filesystem::path& file, Compression compression,
                const std::function<void(std::string_view)>& sink);

}  // namespace winnow::data
