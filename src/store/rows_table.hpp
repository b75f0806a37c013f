#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "store/parallel_file.hpp"
#include "store/read_file.hpp"

namespace winnow::store {

/// How many rows there are and which of them this rank holds; what is optional must be equal on all
/// ranks.
struct RowsShape {
  std::uint64_t rows = 0;
  core::RowRange mine;
  bool has_files = false;  ///< several input files
  bool has_ids = false;    ///< the user has ids of his own
};

/// This rank's part of the table /rows; every span is [shape.mine.size()], `file` and `id` only
/// where the shape says so.
struct RowColumns {
  std::span<const std::uint64_t> byte_offset;
  std::span<const std::uint32_t> byte_length;
  std::span<const std::uint32_t> file;
  std::span<const std::uint64_t> hash;
  std::span<const std::uint32_t> instruction_words;
  std::span<const std::uint32_t> response_words;
  std::span<const std::uint32_t> turns;
  std::span<const std::string> id;
};

/// The same with the memory of its own: while it is gathered, or read back.
struct RowTable {
  std::vector<std::uint64_t> byte_offset;
  std::vector<std::uint32_t> byte_length;
  std::vector<std::uint32_t> file;
  std::vector<std::uint64_t> hash;
  std::vector<std::uint32_t> instruction_words;
  std::vector<std::uint32_t> response_words;
  std::vector<std::uint32_t> turns;
  std::vector<std::string> id;

  [[nodiscard]] RowColumns columns() const {
    return {byte_offset, byte_length, file, hash, instruction_words, response_words, turns, id};
  }
};

/// Collective. Writes the group /rows; `attributes` go on every dataset beside formula, unit, log
/// base and source.
void write_rows_table(ParallelFile& file, const RowsShape& shape, const RowColumns& columns,
                      const Attributes& attributes);

/// Rows of the whole table.
[[nodiscard]] std::uint64_t rows_of(const ReadFile& file);
[[nodiscard]] RowTable read_rows_table(const ReadFile& file, core::RowRange range);

}  // namespace winnow::store
