#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "core/partition.hpp"
#include "data/parse_row.hpp"
#include "data/row_format.hpp"
#include "data/row_place.hpp"
#include "data/source.hpp"

namespace winnow::data {

/// Files that are read as one sequence of rows of one layout and one format.
struct DataSet {
  std::vector<DataFile> files;
  Layout layout = Layout::json_lines;
  RowSchema schema;
  std::uint64_t max_row_bytes = 0;
  bool skip_bad_rows = false;
  /// What was found: "alpaca_data.json: JSON array, alpaca (instruction, input, output)".
  std::string message;
};

/// One row as scan_rows hands it out.
struct DataRow {
  RowPlace place;
  std::string_view bytes;           ///< valid during the call; empty if too long or torn
  std::optional<ParsedRow> parsed;  ///< nothing for a bad row
  std::string fault;                ///< a bad row's place and reason
};

/// A file as it was read, for the manifest.
struct ScannedFile {
  std::uint64_t bytes = 0;  ///< uncompressed
  core::Hash128 hash;       ///< XXH3-128 of them
  core::RowId rows = 0;
};

/// Resolves, spools and looks at the first rows: layout and format are known afterwards.
/// @throws core::DataError: see resolve_files, spool; files of different layouts; no row at all;
/// rows of no known format.
/// @throws core::UsageError: unknown format name, max_row_bytes of 0 or above 4 GiB - 1.
[[nodiscard]] DataSet open_data_set(const SourceOptions& options,
                                    const std::filesystem::path& spool_folder);

/// Every row in order, parsed. Bad rows are handed out with their fault if skip_bad_rows, else the
/// first one is thrown. What cannot be told apart into rows is thrown always.
/// @throws core::DataError "FILE: row R (line L, byte B): what was found and expected".
std::vector<ScannedFile> scan_rows(const DataSet& data_set,
                                   const std::function<void(const DataRow&)>& on_row);

}  // namespace winnow::data
