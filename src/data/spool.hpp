#pragma once

#include <filesystem>

namespace winnow::data {

/// A file with the uncompressed bytes of `file`: `file` itself, or a copy in `folder` if it is
/// compressed (decompress.hpp). A copy is made once: it is written aside, published whole, and used
/// again for as long as the size and modification time of `file` are those recorded beside it.
/// `folder` is created if it is missing and needed. One process at a time.
/// @throws core::DataError for a damaged or truncated stream, core::EnvironmentError for disk and
/// permissions.
[[nodiscard]] std::filesystem::path spool(const std::filesystem::path& file,
                                          const std::filesystem::path& folder);

}  // namespace winnow::data
