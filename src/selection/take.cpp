#include "selection/take.hpp"

#include <algorithm>
#include <numeric>

#include "selection/position.hpp"

namespace winnow::selection {

Taken take(const OrderedRows& rows, std::uint64_t amount) {
  const auto position = [&](std::size_t i) { return Position{rows.key[i], rows.row[i]}; };
  const auto earlier = [&](std::size_t a, std::size_t b) { return position(a) < position(b); };
  Taken taken;
  taken.index.resize(rows.row.size());
  std::iota(taken.index.begin(), taken.index.end(), std::size_t{0});
  if (rows.cost.empty()) {
    const std::size_t count = std::min<std::uint64_t>(amount, rows.row.size());
    const auto end = taken.index.begin() + static_cast<std::ptrdiff_t>(count);
    std::nth_element(taken.index.begin(), end, taken.index.end(), earlier);
    taken.index.resize(count);
    std::sort(taken.index.begin(), taken.index.end(), earlier);
    taken.spent = count;
    return taken;
  }
  std::sort(taken.index.begin(), taken.index.end(), earlier);
  std::size_t count = 0;
  while (count < taken.index.size() && rows.cost[taken.index[count]] <= amount - taken.spent)
    taken.spent += rows.cost[taken.index[count++]];
  taken.index.resize(count);
  return taken;
}

}  // namespace winnow::selection
