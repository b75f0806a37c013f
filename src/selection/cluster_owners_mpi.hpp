#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mpi/collectives.hpp"

namespace winnow::selection {

/// Collective. Brings what belongs to a cluster (`T::cluster`) to one rank: number cluster modulo
/// the number of ranks.
template <mpi::Transferable T>
[[nodiscard]] std::vector<T> to_cluster_owners(const mpi::Communicator& communicator,
                                               std::vector<T> items) {
  const auto ranks = static_cast<std::size_t>(communicator.size());
  const auto owner = [&](const T& item) { return item.cluster % ranks; };
  std::ranges::stable_sort(items, {}, owner);
  std::vector<std::uint64_t> counts(ranks);
  for (const T& item : items) ++counts[owner(item)];
  return mpi::all_to_all(communicator, std::span<const T>(items), counts).values;
}

}  // namespace winnow::selection
