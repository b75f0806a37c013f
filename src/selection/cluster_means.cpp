#include "selection/cluster_means.hpp"

#include <algorithm>

#include "core/vector_clones.hpp"

namespace winnow::selection {
namespace {

WINNOW_VECTOR_CLONES void add_scaled(std::uint64_t* sums, const float* row, std::size_t count,
                                     const FixedPoint& units, std::int64_t sign) {
  for (std::size_t i = 0; i < count; ++i)
    sums[i] += static_cast<std::uint64_t>(sign * units.encode(static_cast<double>(row[i])));
}

}  // namespace

ClusterMeans::ClusterMeans(std::size_t clusters, std::size_t dimension, const FixedPoint& units)
    : clusters_(clusters),
      dimension_(dimension),
      units_(units),
      total_(clusters * dimension + clusters),
      own_(total_.size() + 1) {}

void ClusterMeans::change(std::uint32_t cluster, std::span<const float> row, std::int64_t sign) {
  add_scaled(own_.data() + cluster * dimension_, row.data(), dimension_, units_, sign);
  own_[clusters_ * dimension_ + cluster] += static_cast<std::uint64_t>(sign);
  ++own_.back();
}

std::uint64_t ClusterMeans::share(const Exchange& exchange) {
  exchange.sum_in_place(own_);
  for (std::size_t i = 0; i < total_.size(); ++i) total_[i] += own_[i];
  const std::uint64_t changes = own_.back();
  std::ranges::fill(own_, std::uint64_t{0});
  return changes;
}

std::uint64_t ClusterMeans::members(std::size_t cluster) const {
  return total_[clusters_ * dimension_ + cluster];
}

std::vector<double> ClusterMeans::mean(std::size_t cluster) const {
  const auto count = static_cast<double>(members(cluster));
  std::vector<double> mean;
  mean.reserve(dimension_);
  for (std::size_t i = cluster * dimension_; i < (cluster + 1) * dimension_; ++i)
    mean.push_back(units_.decode(static_cast<std::int64_t>(total_[i])) / count);
  return mean;
}

}  // namespace winnow::selection
