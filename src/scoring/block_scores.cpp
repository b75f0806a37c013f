#include "scoring/block_scores.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::scoring {
namespace {

static_assert(std::endian::native == std::endian::little,
              "records are written in the machine's order");

class Writer {
 public:
  template <typename T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }
  void values(const std::vector<std::string>& all) {
    for (const std::string& value : all) text(value);
  }
  template <typename T>
  void values(const std::vector<T>& all) {
    bytes_.append(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(T));
  }
  [[nodiscard]] std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes), total_(bytes.size()) {}

  [[noreturn]] void refuse() const {
    throw core::ModelError(
        fmt::format("journal: a record of {} bytes is not a block of scores", total_));
  }
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, piece(1, sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string text() { return std::string(piece(number<std::uint32_t>(), 1)); }
  template <typename T>
  std::vector<T> values(std::uint64_t count) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (count > bytes_.size() / sizeof(std::uint32_t)) refuse();
      std::vector<T> texts(count);
      for (std::string& value : texts) value = text();
      return texts;
    } else {
      return numbers<T>(count);
    }
  }
  void end() const {
    if (!bytes_.empty()) refuse();
  }

 private:
  template <typename T>
  std::vector<T> numbers(std::uint64_t count) {
    const std::string_view all = piece(count, sizeof(T));
    std::vector<T> result(count);
    if (count > 0) std::memcpy(static_cast<void*>(result.data()), all.data(), all.size());
    return result;
  }
  std::string_view piece(std::uint64_t count, std::size_t size) {
    if (count > bytes_.size() / size) refuse();
    const std::string_view taken = bytes_.substr(0, count * size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view bytes_;
  std::size_t total_;
};

void write(Writer& writer, const Table& table) {
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
ColumnValues read_values(Reader& reader, std::uint8_t type, std::uint64_t count) {
  if constexpr (Type == std::variant_size_v<ColumnValues>) {
    reader.refuse();
  } else {
    if (type != Type) return read_values<Type + 1>(reader, type, count);
    return reader.values<typename std::variant_alternative_t<Type, ColumnValues>::value_type>(
        count);
  }
}

Table read_table(Reader& reader) {
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

BlockHeader read_header(Reader& reader) {
  BlockHeader header;
  header.block = reader.number<std::uint64_t>();
  header.content = reader.number<std::uint64_t>();
  return header;
}

}  // namespace

std::string serialize(const BlockScores& block) {
  Writer writer;
  writer.number(block.block);
  writer.number(block.content);
  write(writer, block.rows);
  write(writer, block.turns);
  return std::move(writer).take();
}

BlockScores deserialize_block(std::string_view bytes) {
  Reader reader(bytes);
  const BlockHeader header = read_header(reader);
  BlockScores block{header.block, header.content, read_table(reader), {}};
  block.turns = read_table(reader);
  reader.end();
  return block;
}

BlockHeader read_block_header(std::string_view bytes) {
  Reader reader(bytes);
  return read_header(reader);
}

}  // namespace winnow::scoring
