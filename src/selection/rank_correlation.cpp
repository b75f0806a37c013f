#include "selection/rank_correlation.hpp"

#include <algorithm>
#include <cmath>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::selection {
namespace {

/// Of each place the mean rank, from 0, of the numbers that stand there among those of `rows`.
std::vector<double> mean_ranks(const NumberOrder& order, std::span<const std::size_t> rows) {
  std::vector<std::uint64_t> count(order.distinct, 0);
  for (const std::size_t row : rows) ++count[order.place[row]];
  std::vector<double> ranks;
  ranks.reserve(count.size());
  std::uint64_t before = 0;
  for (const std::uint64_t here : count) {
    ranks.push_back(static_cast<double>(before) + (static_cast<double>(here) - 1) / 2);
    before += here;
  }
  return ranks;
}

}  // namespace

NumberOrder order_of(std::span<const double> values, std::span<const core::ScoreStatus> status) {
  core::check(values.size() == status.size(), "every number has a status");
  std::vector<std::size_t> sorted;
  for (std::size_t row = 0; row < values.size(); ++row)
    if (status[row] == core::ScoreStatus::ok) sorted.push_back(row);
  std::ranges::sort(sorted, {}, [&](std::size_t row) { return values[row]; });
  NumberOrder order{std::vector<std::uint32_t>(values.size(), kNoPlace), 0};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || values[sorted[i]] != values[sorted[i - 1]]) ++order.distinct;
    order.place[sorted[i]] = core::checked_cast<std::uint32_t>(order.distinct - 1);
  }
  return order;
}

std::optional<double> rank_correlation(const NumberOrder& a, const NumberOrder& b) {
  core::check(a.place.size() == b.place.size(), "columns of a correlation are equally long");
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < a.place.size(); ++row)
    if (a.place[row] != kNoPlace && b.place[row] != kNoPlace) rows.push_back(row);
  const std::vector<double> rank_a = mean_ranks(a, rows);
  const std::vector<double> rank_b = mean_ranks(b, rows);
  const double mean = (static_cast<double>(rows.size()) - 1) / 2;
  double aa = 0, bb = 0, ab = 0;
  for (const std::size_t row : rows) {
    const double from_a = rank_a[a.place[row]] - mean;
    const double from_b = rank_b[b.place[row]] - mean;
    aa += from_a * from_a;
    bb += from_b * from_b;
    ab += from_a * from_b;
  }
  if (aa == 0 || bb == 0) return std::nullopt;
  return ab / std::sqrt(aa * bb);
}

}  // namespace winnow::selection
