#include "store/rows_table.hpp"

#include "store/schema.hpp"

namespace winnow::store {
namespace {

constexpr const char* kGroup = "/rows";

std::string path_of(const Field& field) {
  return std::string(kGroup) + "/" + std::string(field.name);
}

}  // namespace

void write_rows_table(ParallelFile& file, const RowsShape& shape, const RowColumns& columns,
                      const Attributes& attributes) {
  const auto described = [&](const Field& field) {
    Attributes all = attributes_of(field);
    all.insert(all.end(), attributes.begin(), attributes.end());
    return all;
  };
  const auto write = [&](const Field& field, auto values) {
    file.write_rows(path_of(field), shape.rows, shape.mine, values, described(field));
  };
  file.create_group(kGroup, {{"rows", shape.rows}});
  write(row::kByteOffset, columns.byte_offset);
  write(row::kByteLength, columns.byte_length);
  if (shape.has_files) write(row::kFile, columns.file);
  write(row::kHash, columns.hash);
  write(row::kInstructionWords, columns.instruction_words);
  write(row::kResponseWords, columns.response_words);
  write(row::kTurns, columns.turns);
  if (shape.has_ids)
    file.write_texts(path_of(row::kId), shape.rows, shape.mine, columns.id, described(row::kId));
}

std::uint64_t rows_of(const ReadFile& file) { return file.integer_attribute(kGroup, "rows"); }

RowTable read_rows_table(const ReadFile& file, core::RowRange range) {
  const std::uint64_t rows = rows_of(file);
  const auto read = [&]<class T>(const Field& field, std::vector<T>& values) {
    values = file.read_rows<T>(path_of(field), rows, range);
  };
  RowTable table;
  read(row::kByteOffset, table.byte_offset);
  read(row::kByteLength, table.byte_length);
  if (file.has(path_of(row::kFile))) read(row::kFile, table.file);
  read(row::kHash, table.hash);
  read(row::kInstructionWords, table.instruction_words);
  read(row::kResponseWords, table.response_words);
  read(row::kTurns, table.turns);
  if (file.has(path_of(row::kId))) table.id = file.read_texts(path_of(row::kId), rows, range);
  return table;
}

}  // namespace winnow::store
