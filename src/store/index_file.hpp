#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/score_status.hpp"
#include "store/rows_table.hpp"

namespace winnow::store {

struct InputFile {
  std::string name;  ///< without its folder
  std::uint64_t bytes = 0;
  std::string hash;  ///< XXH3-128, 32 hexadecimal digits
};

/// What the index was made from and how it was read.
struct IndexInfo {
  std::vector<InputFile> inputs;
  std::string format;     ///< "alpaca", "sharegpt", "messages", ...
  std::string container;  ///< "json" or "jsonl"
  Attributes fields;      ///< which field of the input is what: {"instruction", "instruction"}, ...
  std::string code_version;
};

/// Collective. Writes index.h5. `status` [shape.mine.size()]: ok or bad_row.
void write_index(const mpi::Communicator& communicator, const std::filesystem::path& path,
                 const IndexInfo& info, const RowsShape& shape, const RowColumns& columns,
                 std::span<const core::ScoreStatus> status);

/// A finished index; each rank reads its own rows.
class IndexReader {
 public:
  explicit IndexReader(const std::filesystem::path& path);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] const IndexInfo& info() const { return info_; }
  [[nodiscard]] RowTable read(core::RowRange range) const { return read_rows_table(file_, range); }
  [[nodiscard]] std::vector<std::uint64_t> read_hashes(core::RowRange range) const;
  [[nodiscard]] std::vector<core::ScoreStatus> read_status(core::RowRange range) const;

 private:
  ReadFile file_;
  std::uint64_t rows_;
  IndexInfo info_;
};

}  // namespace winnow::store
