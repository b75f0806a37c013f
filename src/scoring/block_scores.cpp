#include "scoring/block_scores.hpp"

namespace winnow::scoring {
namespace {

constexpr std::string_view kWhat = "a block of scores";

void write(RecordWriter& writer, const Table& table) {
  writer.number(table.rows);
  writer.number(static_cast<std::uint32_t>(table.columns.size()));
  for (const Column& column : table.columns) {
    writer.text(column.name);
    writer.number(column.width);
    writer.number(static_cast<std::uint8_t>(column.values.index()));
    std::visit([&](const auto& values) { writer.values(values); }, column.values);
  }
}

template <std::size_t Type = 0>
ColumnValues read_values(RecordReader& reader, std::uint8_t type, std::uint64_t count) {
  if constexpr (Type == std::variant_size_v<ColumnValues>) {
    reader.refuse();
  } else {
    if (type != Type) return read_values<Type + 1>(reader, type, count);
    return reader.values<typename std::variant_alternative_t<Type, ColumnValues>::value_type>(
        count);
  }
}

Table read_table(RecordReader& reader) {
  Table table;
  table.rows = reader.number<std::uint64_t>();
  const auto columns = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < columns; ++i) {
    Column column;
    column.name = reader.text();
    column.width = reader.number<std::uint32_t>();
    const auto type = reader.number<std::uint8_t>();
    if (column.width == 0 || table.rows > ~std::uint64_t{0} / column.width) reader.refuse();
    column.values = read_values(reader, type, table.rows * column.width);
    if (const auto* statuses = std::get_if<std::vector<core::ScoreStatus>>(&column.values))
      for (const core::ScoreStatus status : *statuses)
        if (static_cast<std::size_t>(status) >= core::kScoreStatusNames.size()) reader.refuse();
    table.columns.push_back(std::move(column));
  }
  return table;
}

}  // namespace

std::string serialize(const BlockScores& block) {
  RecordWriter writer(block.header);
  write(writer, block.rows);
  write(writer, block.turns);
  return std::move(writer).take();
}

BlockScores deserialize_block(std::string_view bytes) {
  RecordReader reader(bytes, kWhat);
  BlockScores block{reader.header(), read_table(reader), {}};
  block.turns = read_table(reader);
  reader.end();
  return block;
}

}  // namespace winnow::scoring
