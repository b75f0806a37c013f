#include "data/row_ids.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::data {

void require_unique_ids(std::vector<RowIdHash> ids) {
  std::sort(ids.begin(), ids.end(), [](const RowIdHash& a, const RowIdHash& b) {
    return std::tie(a.id.high, a.id.low, a.row) < std::tie(b.id.high, b.id.low, b.row);
  });
  const RowIdHash* first = nullptr;
  const RowIdHash* repeat = nullptr;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (!(ids[i].id == ids[i - 1].id) || (repeat != nullptr && repeat->row < ids[i].row)) continue;
    first = &ids[i - 1];
    repeat = &ids[i];
  }
  if (repeat != nullptr)
    throw core::DataError(fmt::format("row {}: found the row id of row {}, expected one of its own",
                                      repeat->row, first->row));
}

}  // namespace winnow::data
