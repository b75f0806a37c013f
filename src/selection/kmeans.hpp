#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "selection/exchange.hpp"
#include "selection/nearest_centroid.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

struct KMeansOptions {
  std::size_t clusters = 100;        ///< at least 1
  std::uint64_t seed = 0;            ///< of the first centroids
  std::size_t max_iterations = 300;  ///< 0: rows go to the first centroids
  /// Ends when the squares of the centroids' shifts sum to no more than this times the variance of
  /// an element, averaged over the elements; also when no row changes its cluster.
  double tolerance = 1e-4;
};

struct Clustering {
  std::vector<double> centroid;  ///< [clusters, dimension], the same in every process
  Assignment assignment;
  double inertia = 0;  ///< sum of the squared distances of all rows
  std::size_t iterations = 0;
};

/// Lloyd's algorithm. The rows of a process come after those of the processes before it, in
/// ascending order of row id: the result then depends on all rows together only, down to the last
/// bit. Besides the rows a process keeps a copy of them and about 30 bytes per element of a
/// centroid.
///
/// The first centroids are `initial` [clusters, dimension] or, where that is empty, rows that
/// greedy k-means++ draws (kmeans_seeding.hpp); that finds no more centroids than there are
/// distinct rows, so there may be fewer clusters than asked for, none for no rows. Each row goes to
/// its nearest centroid by `squared_distance`, the first of several. A centroid is the mean of its
/// rows, whose elements are summed as multiples of 2^-s, s such that the sum of all rows would fit
/// 62 bits (46 bits below the largest element of 65,535 rows). Empty clusters, in ascending order,
/// get one of the rows each that are farthest from their centroids (ties: first row); where all
/// rows lie on their centroids they stay as they are.
///
/// @param rows  finite
/// Source: the rules of scikit-learn's `KMeans(algorithm="lloyd")` with one initialization, which
/// however does not say which empty cluster gets which row, and puts those that stay empty on the
/// largest cluster's centroid.
[[nodiscard]] Clustering kmeans(const Vectors& rows, const KMeansOptions& options,
                                std::span<const double> initial = {},
                                const Exchange& exchange = alone());

}  // namespace winnow::selection
