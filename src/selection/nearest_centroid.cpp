#include "selection/nearest_centroid.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "selection/squared_distance.hpp"

namespace winnow::selection {
namespace {

constexpr double kNotComputed = std::numeric_limits<double>::infinity();
/// Products with centroids that take as long as one distance.
constexpr std::size_t kProductsOfADistance = 32;

}  // namespace

double NearestCentroids::distance(std::size_t row, std::uint32_t cluster) const {
  const std::size_t dimension = rows_.dimension;
  return squared_distance(rows_[row], centroids_.subspan(cluster * dimension, dimension));
}

double& NearestCentroids::own_distance(std::size_t row) {
  double& own = assignment_.squared_distance[row];
  if (own == kNotComputed) own = distance(row, assignment_.cluster[row]);
  return own;
}

const Assignment& NearestCentroids::assignment() {
  for (std::size_t row = 0; row < assignment_.cluster.size(); ++row) own_distance(row);
  return assignment_;
}

void NearestCentroids::update(std::span<const double> centroids,
                              std::span<const std::uint32_t> moved) {
  centroids_ = centroids;
  const std::size_t rows = panels_.rows();
  const std::size_t clusters = centroids.size() / rows_.dimension;
  if (assignment_.cluster.size() == rows && moved.size() + kProductsOfADistance < clusters) {
    const std::vector<std::size_t> farther = follow_own(moved);
    if (rows * moved.size() + farther.size() * clusters < rows * clusters) {
      compare_with_moved(moved, farther);
      compare_with_all(farther);
      return;
    }
  }
  assignment_.cluster.resize(rows);
  assignment_.squared_distance.resize(rows);
  others_.resize(rows);
  std::vector<std::size_t> all(rows);
  std::iota(all.begin(), all.end(), std::size_t{0});
  compare_with_all(all);
}

/// Renews the distances to centroids that have moved: the rows that may be nearer now to one that
/// has not, ascending.
std::vector<std::size_t> NearestCentroids::follow_own(std::span<const std::uint32_t> moved) {
  std::vector<unsigned char> has_moved(centroids_.size() / rows_.dimension);
  for (const std::uint32_t cluster : moved) has_moved[cluster] = 1;
  std::vector<std::size_t> farther;
  for (std::size_t row = 0; row < panels_.rows(); ++row) {
    if (has_moved[assignment_.cluster[row]] == 0) continue;
    assignment_.squared_distance[row] = kNotComputed;
    if (own_distance(row) >= others_[row]) farther.push_back(row);
  }
  return farther;
}

void NearestCentroids::compare_with_moved(std::span<const std::uint32_t> moved,
                                          std::span<const std::size_t> passed_over) {
  if (moved.empty()) return;
  table_ = centroid_table(centroids_, moved, panels_.centre());
  auto next = passed_over.begin();
  for (std::size_t begin = 0; begin < panels_.rows(); begin += core::kTileColumns) {
    products_.compute(table_, panels_[begin / core::kTileColumns], rows_.dimension);
    const std::size_t end = std::min(begin + core::kTileColumns, panels_.rows());
    for (std::size_t row = begin; row < end; ++row) {
      if (next != passed_over.end() && *next == row)
        ++next;
      else
        settle_against_own(row, row - begin);
    }
  }
}

void NearestCentroids::compare_with_all(std::span<const std::size_t> rows) {
  if (rows.empty()) return;
  table_ = centroid_table(centroids_, every_cluster(centroids_.size() / rows_.dimension),
                          panels_.centre());
  for (std::size_t begin = 0; begin < rows.size(); begin += core::kTileColumns) {
    const std::span<const std::size_t> some =
        rows.subspan(begin, std::min(core::kTileColumns, rows.size() - begin));
    const bool is_panel =
        some.front() % core::kTileColumns == 0 && some.back() == some.front() + some.size() - 1;
    const std::vector<float> gathered = is_panel ? std::vector<float>() : panels_.gather(some);
    products_.compute(table_,
                      is_panel ? panels_[some.front() / core::kTileColumns]
                               : core::MatrixRows<const float>{gathered.data(), core::kTileColumns},
                      rows_.dimension);
    for (std::size_t lane = 0; lane < some.size(); ++lane) settle(some[lane], lane);
  }
}

/// The nearest centroid of a table of all.
void NearestCentroids::settle(std::size_t row, std::size_t lane) {
  const double norm = panels_.squared_norms()[row];
  const double error = panels_.distance_error(norm + table_.largest_norm);
  const double best = static_cast<double>(products_.best_score(lane));
  const double second = static_cast<double>(products_.second_score(lane));
  std::uint32_t& cluster = assignment_.cluster[row];
  double& squared_distance = assignment_.squared_distance[row];
  squared_distance = kNotComputed;
  if (best - second > error) {
    cluster = table_.cluster[products_.best(lane)];
    others_[row] = norm - 2 * second - error;
    return;
  }
  for (std::size_t c = 0; c < table_.cluster.size(); ++c) {
    if (static_cast<double>(products_.score(c, lane)) < best - error) continue;
    const double candidate = distance(row, table_.cluster[c]);
    if (candidate >= squared_distance) continue;
    cluster = table_.cluster[c];
    squared_distance = candidate;
  }
  others_[row] = squared_distance;
}

/// The nearest of the present centroid and of those in the table.
void NearestCentroids::settle_against_own(std::size_t row, std::size_t lane) {
  const double norm = panels_.squared_norms()[row];
  const double error = panels_.distance_error(norm + table_.largest_norm);
  std::uint32_t& cluster = assignment_.cluster[row];
  double& squared_distance = own_distance(row);
  const std::uint32_t own = cluster;
  const bool own_is_best = table_.cluster[products_.best(lane)] == own;
  const double score =
      static_cast<double>(own_is_best ? products_.second_score(lane) : products_.best_score(lane));
  const double nearest_other = norm - 2 * score - error;
  if (nearest_other > squared_distance) {
    others_[row] = std::min(others_[row], nearest_other);
    return;
  }
  const double least = (norm - error - squared_distance) / 2;
  for (std::size_t c = 0; c < table_.cluster.size(); ++c) {
    if (static_cast<double>(products_.score(c, lane)) < least || table_.cluster[c] == own) continue;
    const double candidate = distance(row, table_.cluster[c]);
    if (candidate > squared_distance ||
        (candidate == squared_distance && table_.cluster[c] > cluster))
      continue;
    cluster = table_.cluster[c];
    squared_distance = candidate;
  }
  others_[row] = squared_distance;
}

Assignment assign_to_nearest(const Vectors& rows, std::span<const double> centroids) {
  const VectorPanels panels(rows, middle_of(centroids, rows.dimension));
  NearestCentroids nearest(rows, panels);
  nearest.update(centroids, every_cluster(centroids.size() / rows.dimension));
  return nearest.assignment();
}

}  // namespace winnow::selection
