#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "selection/exchange.hpp"
#include "selection/vector_panels.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Greedy k-means++: the first centroid is a row drawn uniformly; for each further one
/// 2 + floor(ln clusters) rows are drawn with probabilities proportional to their squared distance
/// to the nearest centroid so far, and the one is taken that leaves the smallest sum of these
/// distances, the first of several. Fewer than `clusters` when all rows lie on centroids. Draws
/// depend on the seed and their number alone; distances are `squared_distance`, cut to multiples of
/// 2^-s, s such that the sum of the first ones fits 62 bits.
///
/// The rows of a process come after those of the processes before it.
/// @param panels  of `rows`  @returns [clusters, dimension], the same in every process
/// Source: Arthur & Vassilvitskii 2007, section 5; the number of trials is scikit-learn's.
[[nodiscard]] std::vector<double> kmeans_seeds(const Vectors& rows, const VectorPanels& panels,
                                               std::size_t clusters, std::uint64_t seed,
                                               const Exchange& exchange);

}  // namespace winnow::selection
