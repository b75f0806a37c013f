#include "data/row_place.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace winnow::data {

std::string locate(std::string_view file, const RowPlace& place, std::string_view bytes,
                   std::uint64_t offset) {
  const auto before = bytes.substr(0, std::min<std::uint64_t>(offset, bytes.size()));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  return fmt::format("{}: row {} (line {}, byte {})", file, place.row,
                     place.line + static_cast<std::uint64_t>(lines), place.byte_offset + offset);
}

}  // namespace winnow::data
