#include "data/data_set.hpp"

#include <limits>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/detect_format.hpp"
#include "data/row_scanner.hpp"

namespace winnow::data {
namespace {

/// Of a data set whose bad rows are skipped, so many rows are tried before its format counts as
/// unknown.
constexpr int kRowsTried = 100;
constexpr std::size_t kPeekBytes = std::size_t{64} << 10;

std::string located(const RowFault& fault, const DataFile& file, const RowSlice& row) {
  return fmt::format("{}: {}", locate(file.name, row.place, row.bytes, fault.offset), fault.what());
}

ScanOptions scan_options(const DataSet& data_set) {
  ScanOptions options;
  options.max_row_bytes = data_set.max_row_bytes;
  options.skip_bad_rows = data_set.skip_bad_rows;
  return options;
}

/// The layout that the files share, and the first that holds a row.
std::optional<std::size_t> find_layout(DataSet& data_set) {
  ScanOptions options = scan_options(data_set);
  options.window_bytes = kPeekBytes;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < data_set.files.size(); ++i) {
    const auto layout = RowScanner(data_set.files[i], 0, 0, options).layout();
    if (!layout) continue;
    if (first && *layout != data_set.layout)
      throw core::DataError(fmt::format(
          "{}: found {}, expected {} as in {}: the files of one data set share a layout",
          data_set.files[i].name, to_string(*layout), to_string(data_set.layout),
          data_set.files[*first].name));
    data_set.layout = *layout;
    if (!first) first = i;
  }
  return first;
}

/// Looks at the first rows from file `first` on; returns what it found in words, or nothing if
/// there is no row.
std::optional<std::string> find_format(DataSet& data_set, std::size_t first,
                                       const SourceOptions& options) {
  std::string first_fault;
  core::RowId row = 0;
  int tried = 0;
  for (std::size_t i = first; i < data_set.files.size(); ++i) {
    const DataFile& file = data_set.files[i];
    RowScanner scanner(file, static_cast<std::uint32_t>(i), row, scan_options(data_set));
    for (auto slice = scanner.next(); slice; slice = scanner.next(), ++tried) {
      if (options.format != "auto") return fmt::format("{} (as the job says)", options.format);
      if (tried == kRowsTried) throw core::DataError(first_fault);
      if (slice->fault.empty()) {
        try {
          auto detected = detect_format(slice->bytes, options.fields, options.answer_required);
          data_set.schema.format = detected.format;
          data_set.schema.fields = detected.fields;
          return detected.description;
        } catch (const RowFault& fault) {
          slice->fault = located(fault, file, *slice);
        }
      }
      if (!options.skip_bad_rows) throw core::DataError(slice->fault);
      if (first_fault.empty()) first_fault = slice->fault;
    }
    row = scanner.next_row();
  }
  if (!first_fault.empty()) throw core::DataError(first_fault);
  return std::nullopt;
}

std::string name_of(const std::vector<DataFile>& files) {
  if (files.size() == 1) return files.front().name;
  return fmt::format("{} and {} more file{}", files.front().name, files.size() - 1,
                     files.size() == 2 ? "" : "s");
}

}  // namespace

DataSet open_data_set(const SourceOptions& options, const std::filesystem::path& spool_folder) {
  if (options.max_row_bytes == 0 ||
      options.max_row_bytes > std::numeric_limits<std::uint32_t>::max())
    throw core::UsageError(fmt::format("data.max_row_bytes: found {}, expected 1 to 4294967295",
                                       options.max_row_bytes));
  DataSet data_set;
  data_set.max_row_bytes = options.max_row_bytes;
  data_set.skip_bad_rows = options.skip_bad_rows;
  data_set.schema = {Format::alpaca, options.fields, options.id_field, options.answer_required};
  if (options.format != "auto") data_set.schema.format = parse_format(options.format);
  data_set.files = open_files(options.paths, spool_folder);
  const auto first = find_layout(data_set);
  const auto format = first ? find_format(data_set, *first, options) : std::nullopt;
  if (!format)
    throw core::DataError(
        fmt::format("{}: found no rows, expected at least one", name_of(data_set.files)));
  data_set.message =
      fmt::format("{}: {}, {}", name_of(data_set.files), to_string(data_set.layout), *format);
  return data_set;
}

std::vector<ScannedFile> scan_rows(const DataSet& data_set,
                                   const std::function<void(const DataRow&)>& on_row) {
  std::vector<ScannedFile> scanned;
  core::RowId first_row = 0;
  for (std::size_t i = 0; i < data_set.files.size(); ++i) {
    const DataFile& file = data_set.files[i];
    RowScanner scanner(file, static_cast<std::uint32_t>(i), first_row, scan_options(data_set));
    while (auto slice = scanner.next()) {
      DataRow row{slice->place, slice->bytes, std::nullopt, std::move(slice->fault)};
      if (row.fault.empty()) {
        try {
          row.parsed = parse_row(slice->bytes, data_set.schema);
        } catch (const RowFault& fault) {
          row.fault = located(fault, file, *slice);
          if (!data_set.skip_bad_rows) throw core::DataError(row.fault);
        }
      }
      on_row(row);
    }
    scanned.push_back({scanner.bytes_read(), scanner.hash(), scanner.next_row() - first_row});
    first_row = scanner.next_row();
  }
  return scanned;
}

}  // namespace winnow::data
