#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "core/score_status.hpp"
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
  /// A row's own bytes.
  [[nodiscard]] std::string bytes(core::RowId row);

 private:
  [[nodiscard]] std::string read(const store::RowTable& table, std::size_t i);

  store::IndexReader index_;
  data::RowReader reader_;
  data::RowSchema schema_;
};

}  // namespace winnow::pipeline
