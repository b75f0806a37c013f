#include "selection/stratified_budget.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

std::vector<std::uint64_t> proportional(std::uint64_t amount,
                                        std::span<const std::uint64_t> eligible,
                                        std::uint64_t all) {
  __extension__ using Wide = unsigned __int128;
  std::vector<std::uint64_t> shares(eligible.size()), remainders(eligible.size());
  std::vector<std::size_t> order(eligible.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::uint64_t left = amount;
  for (std::size_t i = 0; i < eligible.size(); ++i) {
    const Wide product = Wide{amount} * eligible[i];
    shares[i] = static_cast<std::uint64_t>(product / all);
    remainders[i] = static_cast<std::uint64_t>(product % all);
    left -= shares[i];
  }
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return remainders[i]; });
  for (std::uint64_t i = 0; i < left; ++i) ++shares[order[i]];
  return shares;
}

std::vector<std::uint64_t> equal(std::uint64_t amount, std::span<const std::uint64_t> eligible) {
  std::vector<std::size_t> order(eligible.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return eligible[i]; });
  std::vector<std::uint64_t> shares(eligible.size());
  // The smallest first: what one cannot use is shared by those that come after it.
  std::uint64_t left = amount;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::uint64_t share = left / (order.size() - place);
    shares[order[place]] = std::min(eligible[order[place]], share);
    left -= shares[order[place]];
  }
  for (std::size_t i = 0; left > 0; i = (i + 1) % shares.size())
    if (shares[i] < eligible[i]) {
      ++shares[i];
      --left;
    }
  return shares;
}

}  // namespace

std::vector<std::uint64_t> split_budget(std::uint64_t amount,
                                        std::span<const std::uint64_t> eligible,
                                        StrataBudgets budgets) {
  const std::uint64_t all = std::accumulate(eligible.begin(), eligible.end(), std::uint64_t{0});
  core::check(all >= amount, "strata have the rows that are asked of them");
  if (amount == 0) return std::vector<std::uint64_t>(eligible.size(), 0);
  return budgets == StrataBudgets::equal ? equal(amount, eligible)
                                         : proportional(amount, eligible, all);
}

}  // namespace winnow::selection
