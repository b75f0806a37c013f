#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/source.hpp"

namespace winnow::data {

/// Reads rows by their place, from any of the data set's files. Not shared between threads.
class RowReader {
 public:
  explicit RowReader(std::vector<DataFile> files);
  ~RowReader();
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  /// The row's bytes, whose XXH3-64 must be `hash`.
  /// @throws core::UsageError if they are no longer those that were indexed, core::DataError if the
  /// file is gone.
  [[nodiscard]] std::string read(std::uint32_t file, std::uint64_t byte_offset,
                                 std::uint64_t byte_length, std::uint64_t hash);

 private:
  [[nodiscard]] int descriptor(std::uint32_t file);
  void close_all();

  std::vector<DataFile> files_;
  std::map<std::uint32_t, int> open_;
};

}  // namespace winnow::data
