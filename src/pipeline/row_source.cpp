#include "pipeline/row_source.hpp"

#include "data/parse_row.hpp"

namespace winnow::pipeline {

RowSource::RowSource(const RunFolder& folder, const data::DataSet& data_set)
    : index_(folder.index()), reader_(data_set.files), schema_(data_set.schema) {}

std::string RowSource::read(const store::RowTable& table, std::size_t i) {
  return reader_.read(table.file.empty() ? 0 : table.file[i], table.byte_offset[i],
                      table.byte_length[i], table.hash[i]);
}

std::vector<std::optional<data::Sample>> RowSource::samples(core::RowRange range) {
  const store::RowTable table = index_.read(range);
  const std::vector<core::ScoreStatus> status = index_.read_status(range);
  std::vector<std::optional<data::Sample>> rows(range.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (status[i] == core::ScoreStatus::ok)
      rows[i] = data::parse_row(read(table, i), schema_).sample;
  return rows;
}

std::string RowSource::bytes(core::RowId row) { return read(index_.read({row, row + 1}), 0); }

}  // namespace winnow::pipeline
