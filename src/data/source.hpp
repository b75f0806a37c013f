#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/row_format.hpp"

namespace winnow::data {

/// The job's `data:` section.
struct SourceOptions {
  std::vector<std::string> paths;  ///< files and globs, together one data set in this order
  std::string format = "auto";     ///< auto | alpaca | sharegpt | messages | preference
  FieldNames fields;
  std::string id_field;         ///< the user's own row ids; empty: none
  bool skip_bad_rows = false;   ///< false: the first bad row is an error
  bool answer_required = true;  ///< false: alpaca rows need no output
  std::uint64_t max_row_bytes = std::uint64_t{64} << 20;
};

/// One input file.
struct DataFile {
  /// As the user named it, for messages.
  std::string name;
  /// Where its uncompressed bytes stand: the file itself, or its spooled copy.
  std::filesystem::path path;
};

/// The files that `paths` name, in the given order, each glob's matches sorted bytewise. A path
/// that exists is never a glob.
/// @throws core::DataError for a missing file, a folder, anything else that is no regular file, and
/// a glob without a match.
[[nodiscard]] std::vector<std::string> resolve_files(std::span<const std::string> paths);

/// resolve_files, and every gzip or Zstandard file (told by its first bytes) spooled; see
/// spool.hpp.
[[nodiscard]] std::vector<DataFile> open_files(std::span<const std::string> paths,
                                               const std::filesystem::path& spool_folder);

}  // namespace winnow::data
