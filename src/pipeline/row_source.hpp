#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/partition.hpp"
#include "core/score_status.hpp"
#include "data/parse_row.hpp"
#include "data/row_reader.hpp"
#include "data/sample.hpp"
#include "pipeline/index_stage.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {

/// Reads rows of the indexed data by their ids; each rank has its own.
class RowSource {
 public:
  RowSource(const RunFolder& folder, const data::DataSet& data_set);

  /// The rows of `range`, parsed; nullopt for a bad row.
  /// @throws core::UsageError if the file is no longer what was indexed.
  [[nodiscard]] std::vector<std::optional<data::Sample>> samples(core::RowRange range);
  /// Calls visit(row) with each of `rows`, in their order; nullopt for a bad row. Takes 40 bytes of
  /// memory for each.
  void for_each_row(std::span<const core::RowId> rows,
                    const std::function<void(std::optional<data::ParsedRow>)>& visit);
  /// Calls visit(bytes) with the own bytes of each of `rows`, in their order. Takes 40 bytes of
  /// memory for each.
  void for_each_bytes(std::span<const core::RowId> rows,
                      const std::function<void(std::string_view)>& visit);

 private:
  struct Place {
    std::uint64_t byte_offset;
    std::uint64_t hash;
    std::uint32_t byte_length;
    std::uint32_t file;
    core::ScoreStatus status;
  };
  [[nodiscard]] static Place place(const store::RowTable& table, core::ScoreStatus status,
                                   std::size_t i);
  [[nodiscard]] std::vector<Place> places(std::span<const core::RowId> rows);
  [[nodiscard]] std::string read(const Place& place);

  store::IndexReader index_;
  data::RowReader reader_;
  data::RowSchema schema_;
};

}  // namespace winnow::pipeline
