#include "selection/cherry_sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

/// numpy.percentile with its method "linear", rounding included. @param sorted  not empty
double percentile(std::span<const double> sorted, double percent) {
  const double place = static_cast<double>(sorted.size() - 1) * (percent / 100);
  const auto lower = static_cast<std::size_t>(std::floor(place));
  if (lower + 1 >= sorted.size()) return sorted.back();
  const double weight = place - std::floor(place);
  const double step = sorted[lower + 1] - sorted[lower];
  return weight < 0.5 ? sorted[lower] + step * weight : sorted[lower + 1] - step * (1 - weight);
}

/// The rows of one cluster that are taken. @param members  into `rows`, by row id
std::vector<std::size_t> sample(const PerplexedRows& rows, std::span<const std::size_t> members,
                                const CherrySampleRule& rule) {
  if (members.size() < rule.per_cluster) return {members.begin(), members.end()};
  std::vector<double> sorted;
  for (const std::size_t i : members) sorted.push_back(rows.perplexity[i]);
  std::ranges::sort(sorted);
  const double low = percentile(sorted, rule.low_percentile);
  const double high = percentile(sorted, rule.high_percentile);
  std::vector<std::size_t> band;
  for (const std::size_t i : members)
    if (rows.perplexity[i] >= low && rows.perplexity[i] <= high) band.push_back(i);
  if (band.size() < rule.per_cluster) return band;
  const std::size_t step = band.size() / rule.per_cluster;
  std::vector<std::size_t> taken;
  for (std::size_t i = 0; i < rule.per_cluster; ++i) taken.push_back(band[i * step]);
  return taken;
}

}  // namespace

std::vector<std::size_t> cherry_picks(const PerplexedRows& rows, const CherrySampleRule& rule) {
  core::check(rule.per_cluster > 0, "a sample has rows");
  std::vector<std::size_t> order(rows.row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return rows.cluster[a] != rows.cluster[b] ? rows.cluster[a] < rows.cluster[b]
                                              : rows.row[a] < rows.row[b];
  });
  std::vector<std::size_t> picks;
  for (auto begin = order.begin(); begin != order.end();) {
    const auto end = std::find_if(
        begin, order.end(), [&](std::size_t i) { return rows.cluster[i] != rows.cluster[*begin]; });
    const std::vector<std::size_t> taken = sample(rows, {begin, end}, rule);
    picks.insert(picks.end(), taken.begin(), taken.end());
    begin = end;
  }
  return picks;
}

Selection cherry_sample(const PerplexedRows& rows, const CherrySampleRule& rule) {
  Selection selection;
  for (const std::size_t i : cherry_picks(rows, rule)) selection.row.push_back(rows.row[i]);
  selection.spent = selection.row.size();
  return selection;
}

}  // namespace winnow::selection
