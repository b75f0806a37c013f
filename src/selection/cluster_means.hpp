#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "selection/exchange.hpp"
#include "selection/fixed_point.hpp"

namespace winnow::selection {

/// The means of clusters whose members change, over the rows of all processes: sums of integers, so
/// that neither the order of rows nor the number of processes changes a bit of a mean.
class ClusterMeans {
 public:
  /// @param units  for the elements of all rows
  ClusterMeans(std::size_t clusters, std::size_t dimension, const FixedPoint& units);

  void add(std::uint32_t cluster, std::span<const float> row) { change(cluster, row, 1); }
  void remove(std::uint32_t cluster, std::span<const float> row) { change(cluster, row, -1); }
  /// Brings the changes of all processes together: how many rows were added or removed since the
  /// last time.
  std::uint64_t share(const Exchange& exchange);

  [[nodiscard]] std::uint64_t members(std::size_t cluster) const;
  /// Of a cluster that has members. [dimension]
  [[nodiscard]] std::vector<double> mean(std::size_t cluster) const;

 private:
  void change(std::uint32_t cluster, std::span<const float> row, std::int64_t sign);

  std::size_t clusters_;
  std::size_t dimension_;
  FixedPoint units_;
  /// Sums [clusters, dimension], members [clusters] and the number of changes, modulo 2^64: of all
  /// processes, and what this one has changed since.
  std::vector<std::uint64_t> total_;
  std::vector<std::uint64_t> own_;
};

}  // namespace winnow::selection
