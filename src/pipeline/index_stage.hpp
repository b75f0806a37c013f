#pragma once

#include <cstdint>
#include <string>

#include "data/data_set.hpp"
#include "pipeline/context.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {

/// The data set as the later stages see it: where its files are and how many rows they hold.
struct IndexedData {
  data::DataSet data_set;
  std::uint64_t rows = 0;
  std::uint64_t bad_rows = 0;
  std::string key;  ///< hash of the input files' bytes and of the options that decide what a row is
  std::string reading;  ///< hash of those options alone
};

/// The `key` of the data that an index is of.
[[nodiscard]] std::string data_key(const store::IndexInfo& info);

/// Collective. Makes index.h5 unless it is there for the same data; root scans the files once,
/// streaming. Where rows were appended to the data that was indexed, the index is made anew: the
/// rows before keep their ids and bytes.
///
/// @param manifest  root's; its `inputs` hold the files' stamps, so that unchanged files are not
/// hashed again
/// @throws core::UsageError if the run folder's index is of other data, core::DataError for bad
/// data or none at all.
[[nodiscard]] IndexedData index_rows(Context& context, nlohmann::ordered_json& manifest);

/// One process. What is indexed already, whatever has become of the files since: each row is
/// checked when it is read.
/// @throws core::UsageError if the run folder's index is of other data
[[nodiscard]] IndexedData open_indexed(const Context& context);

}  // namespace winnow::pipeline
