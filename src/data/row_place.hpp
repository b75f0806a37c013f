#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/partition.hpp"

namespace winnow::data {

/// Where a row stands.
struct RowPlace {
  core::RowId row = 0;            ///< over all files
  std::uint32_t file = 0;         ///< into DataSet::files
  std::uint64_t byte_offset = 0;  ///< in the uncompressed file, of the row's own first byte
  std::uint64_t byte_length = 0;  ///< without the spaces, commas and line ends around the row
  std::uint64_t line = 1;         ///< of the row's first byte
};

/// "FILE: row R (line L, byte B)" for the byte at `offset` of the row; `bytes` are the row's, as
/// far as they are known.
[[nodiscard]] std::string locate(std::string_view file, const RowPlace& place,
                                 std::string_view bytes, std::uint64_t offset);

}  // namespace winnow::data
