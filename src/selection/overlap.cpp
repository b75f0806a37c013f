#include "selection/overlap.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

/// Counts as it is written to.
struct Counter {
  using value_type = core::RowId;
  void push_back(const core::RowId&) { ++count; }
  std::uint64_t count = 0;
};

/// Ranks from 0, of equal values their mean.
std::vector<double> mean_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i)
      ranks[order[i]] = (static_cast<double>(begin) + static_cast<double>(end - 1)) / 2;
    begin = end;
  }
  return ranks;
}

}  // namespace

Overlap overlap(std::span<const core::RowId> a, std::span<const core::RowId> b, std::uint64_t all) {
  Counter both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  const auto size_a = static_cast<double>(a.size());
  const auto size_b = static_cast<double>(b.size());
  const auto common = static_cast<double>(both.count);
  return {both.count, common / (size_a + size_b - common),
          size_a * size_b / static_cast<double>(all)};
}

double rank_correlation(std::span<const double> a, std::span<const double> b) {
  core::check(a.size() == b.size(), "columns of a correlation are equally long");
  const std::vector<double> rank_a = mean_ranks(a);
  const std::vector<double> rank_b = mean_ranks(b);
  const double mean = (static_cast<double>(a.size()) - 1) / 2;
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (rank_a[i] - mean) * (rank_a[i] - mean);
    bb += (rank_b[i] - mean) * (rank_b[i] - mean);
    ab += (rank_a[i] - mean) * (rank_b[i] - mean);
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace winnow::selection
