#include "selection/kept_vectors.hpp"

#include <algorithm>
#include <array>

#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

/// Vectors that are compared with the kept ones at a time: these pass through the caches once for
/// so many.
constexpr std::size_t kRows = 256;

/// The places without a mark, from `begin` on: at most kRows.
std::vector<std::size_t> unmarked(std::span<const unsigned char> marks, std::size_t& begin) {
  std::vector<std::size_t> places;
  for (; begin < marks.size() && places.size() < kRows; ++begin)
    if (marks[begin] == 0) places.push_back(begin);
  return places;
}

/// What upper bounds of each row must be above for a cosine above `threshold`.
std::vector<float> limits_of(double threshold, const RoundedVectors& rows) {
  std::vector<float> limits;
  for (const float error : rows.error)
    limits.push_back(static_cast<float>(threshold - static_cast<double>(error)));
  return limits;
}

/// Marks the vectors, at most kRows, that are too similar to an earlier one without a mark.
void mark_similar_to_earlier(const Vectors& vectors, std::span<const double> norm, double threshold,
                             BoundForm form, std::span<unsigned char> marks) {
  std::size_t begin = 0;
  const std::vector<std::size_t> places = unmarked(marks, begin);
  const RoundedVectors rows = round_to_unit(vectors, norm, places, form);
  const std::vector<float> limits = limits_of(threshold, rows);
  CosineBounds bounds(vectors.dimension, form);
  for (std::size_t r = 0; r < places.size(); ++r) bounds.add(rows, r);
  std::array<UpperBounds, kRows / core::kTileColumns> upper;
  for (std::size_t panel = 0; panel * core::kTileColumns < places.size(); ++panel)
    bounds.bound(rows, panel, limits, upper[panel]);
  for (std::size_t r = 1; r < places.size(); ++r) {
    for (std::size_t k = 0; k < r && marks[places[r]] == 0; ++k) {
      const UpperBounds& panel = upper[k / core::kTileColumns];
      if (marks[places[k]] == 0 &&
          panel.value[r * core::kTileColumns + k % core::kTileColumns] > limits[r] &&
          is_more_similar(vectors[places[r]], norm[places[r]], vectors[places[k]], norm[places[k]],
                          threshold))
        marks[places[r]] = 1;
    }
  }
}

}  // namespace

void KeptVectors::reserve(std::size_t vectors) {
  value_.reserve(vectors * dimension_);
  norm_.reserve(vectors);
  bounds_.reserve(vectors);
}

void KeptVectors::keep(std::span<const float> vector, double norm) {
  constexpr std::array<std::size_t, 1> kOnly{0};
  bounds_.add(round_to_unit({vector, dimension_}, {&norm, 1}, kOnly, bounds_.form()), 0);
  value_.insert(value_.end(), vector.begin(), vector.end());
  norm_.push_back(norm);
}

void KeptVectors::mark_similar(const Vectors& vectors, std::span<const double> norm,
                               std::span<unsigned char> marks) const {
  const Vectors kept{value_, dimension_};
  UpperBounds upper;
  for (std::size_t begin = 0; begin < marks.size();) {
    const std::vector<std::size_t> places = unmarked(marks, begin);
    const RoundedVectors rows = round_to_unit(vectors, norm, places, bounds_.form());
    const std::vector<float> limits = limits_of(threshold_, rows);
    for (std::size_t first = 0; first < size(); first += core::kTileColumns) {
      bounds_.bound(rows, first / core::kTileColumns, limits, upper);
      const std::size_t columns = std::min(core::kTileColumns, size() - first);
      for (std::size_t r = 0; r < places.size(); ++r) {
        const std::size_t row = places[r];
        if (upper.largest[r] <= limits[r] || marks[row] != 0) continue;
        for (std::size_t k = 0; k < columns && marks[row] == 0; ++k)
          if (upper.value[r * core::kTileColumns + k] > limits[r] &&
              is_more_similar(vectors[row], norm[row], kept[first + k], norm_[first + k],
                              threshold_))
            marks[row] = 1;
      }
    }
  }
}

std::vector<std::size_t> SimilarityFilter::keep(const Vectors& vectors,
                                                std::span<const double> norm,
                                                std::span<unsigned char> marks) {
  std::vector<std::size_t> kept;
  for (std::size_t begin = 0; begin < marks.size();) {
    const std::size_t first = begin;
    begin = std::min(begin + kRows, marks.size());
    const std::size_t count = begin - first;
    const auto norms = norm.subspan(first, count);
    const auto similar = marks.subspan(first, count);
    const Vectors block = vectors.range(first, count);
    kept_.mark_similar(block, norms, similar);
    mark_similar_to_earlier(block, norms, kept_.threshold(), kept_.form(), similar);
    for (std::size_t row = 0; row < count; ++row) {
      if (similar[row] != 0) continue;
      kept_.keep(block[row], norms[row]);
      kept.push_back(first + row);
    }
  }
  return kept;
}

}  // namespace winnow::selection
