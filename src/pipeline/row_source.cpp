#include "pipeline/row_source.hpp"

#include <algorithm>
#include <numeric>

namespace winnow::pipeline {
namespace {

/// Rows of the index in memory at a time.
constexpr std::uint64_t kWindowRows = 1 << 16;

}  // namespace

RowSource::RowSource(const RunFolder& folder, const data::DataSet& data_set)
    : index_(folder.index()), reader_(data_set.files), schema_(data_set.schema) {}

RowSource::Place RowSource::place(const store::RowTable& table, core::ScoreStatus status,
                                  std::size_t i) {
  return {table.byte_offset[i], table.hash[i], table.byte_length[i],
          table.file.empty() ? 0 : table.file[i], status};
}

std::string RowSource::read(const Place& place) {
  return reader_.read(place.file, place.byte_offset, place.byte_length, place.hash);
}

std::vector<std::optional<data::Sample>> RowSource::samples(core::RowRange range) {
  const store::RowTable table = index_.read(range);
  const std::vector<core::ScoreStatus> status = index_.read_status(range);
  std::vector<std::optional<data::Sample>> rows(range.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (status[i] == core::ScoreStatus::ok)
      rows[i] = data::parse_row(read(place(table, status[i], i)), schema_).sample;
  return rows;
}

void RowSource::for_each_row(std::span<const core::RowId> rows,
                             const std::function<void(std::optional<data::ParsedRow>)>& visit) {
  for (const Place& place : places(rows)) {
    if (place.status == core::ScoreStatus::ok)
      visit(data::parse_row(read(place), schema_));
    else
      visit(std::nullopt);
  }
}

/// In the order of `rows`; the index is read once, window by window, from its beginning.
std::vector<RowSource::Place> RowSource::places(std::span<const core::RowId> rows) {
  std::vector<std::size_t> ascending(rows.size());
  std::iota(ascending.begin(), ascending.end(), std::size_t{0});
  std::sort(ascending.begin(), ascending.end(),
            [&](std::size_t a, std::size_t b) { return rows[a] < rows[b]; });
  std::vector<Place> places(rows.size());
  core::RowRange window{0, 0};
  store::RowTable table;
  std::vector<core::ScoreStatus> status;
  for (const std::size_t i : ascending) {
    if (rows[i] >= window.end) {
      window = {rows[i], std::min(index_.rows(), rows[i] + kWindowRows)};
      table = index_.read(window);
      status = index_.read_status(window);
    }
    const std::size_t at = rows[i] - window.begin;
    places[i] = place(table, status[at], at);
  }
  return places;
}

void RowSource::for_each_bytes(std::span<const core::RowId> rows,
                               const std::function<void(std::string_view)>& visit) {
  for (const Place& place : places(rows)) visit(read(place));
}

}  // namespace winnow::pipeline
