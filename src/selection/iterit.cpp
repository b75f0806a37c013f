#include "selection/iterit.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <unordered_set>

#include "selection/position.hpp"

namespace winnow::selection {

double round_to_bf16(double value) {
  if (!std::isfinite(value)) return value;
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  // Adding half of the dropped part, less one where the kept part is even, rounds to nearest even.
  const std::uint32_t rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);
  return static_cast<double>(std::bit_cast<float>(rounded & 0xFFFF0000U));
}

Candidates ifd_candidates(std::span<const core::RowId> row, std::span<const double> ifd_ppl,
                          bool faithful) {
  Candidates candidates;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const double score = faithful ? round_to_bf16(ifd_ppl[i]) : ifd_ppl[i];
    if (!(score < 1.0)) continue;
    candidates.row.push_back(row[i]);
    candidates.score.push_back(score);
  }
  return candidates;
}

std::vector<core::RowId> pool_order(std::span<const core::RowId> picked,
                                    std::span<const core::RowId> row,
                                    std::span<const double> score) {
  const std::unordered_set<core::RowId> is_picked(picked.begin(), picked.end());
  std::vector<core::RowId> order(picked.begin(), picked.end());
  std::vector<Position> rest;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (score[i] >= 1.0) {
      order.push_back(row[i]);
    } else if (score[i] < 1.0 && !is_picked.contains(row[i])) {
      rest.push_back({order_key(score[i], Direction::descending), row[i]});
    }
  }
  std::sort(rest.begin(), rest.end());
  for (const Position& each : rest) order.push_back(each.row);
  return order;
}

}  // namespace winnow::selection
