#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace winnow::selection {

enum class StrataBudgets {
  proportional,  ///< to each stratum's eligible rows; what rounding leaves goes to the largest
                 ///< remainders (Hamilton's method)
  equal          ///< the same to each; what a small one cannot use goes to the others
};

/// How many of `amount` rows each stratum gives, never more than it has; the sum is `amount`. Ties
/// go to the earlier stratum.
/// @param eligible  rows of each stratum, together at least `amount`
[[nodiscard]] std::vector<std::uint64_t> split_budget(std::uint64_t amount,
                                                      std::span<const std::uint64_t> eligible,
                                                      StrataBudgets budgets);

}  // namespace winnow::selection
