#include "selection/similarity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/tile_product.hpp"

namespace winnow::selection {
namespace {

/// Vectors whose products with the kept ones are computed at a time.
constexpr std::size_t kRows = 64;

}  // namespace

double norm(std::span<const float> vector) {
  double squares = 0;
  for (const float x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(squares);
}

std::vector<double> norms(const Vectors& vectors) {
  std::vector<double> norms;
  norms.reserve(vectors.size());
  for (std::size_t v = 0; v < vectors.size(); ++v) norms.push_back(norm(vectors[v]));
  return norms;
}

double cosine_similarity(std::span<const float> a, double norm_a, std::span<const float> b,
                         double norm_b) {
  if (norm_a == 0 || norm_b == 0) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += (static_cast<double>(a[i]) / norm_a) * (static_cast<double>(b[i]) / norm_b);
  return sum;
}

double cosine_similarity(std::span<const float> a, std::span<const float> b) {
  return cosine_similarity(a, norm(a), b, norm(b));
}

// Each element, product and addition is off by at most half a unit in the last place of what has at
// most length 1 (Higham 2002, section 3.1); twice that is taken.
double product_error(std::size_t dimension) {
  return (static_cast<double>(dimension) + 8) * std::numeric_limits<float>::epsilon();
}

KeptVectors::KeptVectors(std::size_t dimension, double threshold)
    : dimension_(dimension),
      threshold_(threshold),
      surely_below_(static_cast<float>(threshold - product_error(dimension))),
      surely_above_(static_cast<float>(threshold + product_error(dimension))) {}

void KeptVectors::keep(std::span<const float> vector) {
  const std::size_t place = size() % core::kTileColumns;
  if (place == 0) panels_.resize(panels_.size() + dimension_ * core::kTileColumns, 0.0F);
  float* const panel =
      panels_.data() + size() / core::kTileColumns * dimension_ * core::kTileColumns;
  const double length = norm(vector);
  for (std::size_t i = 0; i < dimension_; ++i)
    panel[i * core::kTileColumns + place] =
        length == 0 ? 0.0F : static_cast<float>(static_cast<double>(vector[i]) / length);
  vectors_.insert(vectors_.end(), vector.begin(), vector.end());
  norms_.push_back(length);
}

double KeptVectors::cosine(std::span<const float> vector, double length, std::size_t kept) const {
  return cosine_similarity(
      vector, length, std::span(vectors_).subspan(kept * dimension_, dimension_), norms_[kept]);
}

void KeptVectors::mark_similar(const Vectors& vectors, std::span<unsigned char> marks) const {
  std::vector<std::size_t> asked;
  for (std::size_t row = 0; row < marks.size(); ++row)
    if (marks[row] == 0) asked.push_back(row);
  std::vector<float> units(kRows * dimension_), products(kRows * core::kTileColumns);
  std::vector<double> norms(kRows);
  for (std::size_t begin = 0; begin < asked.size(); begin += kRows) {
    const std::size_t rows = std::min(kRows, asked.size() - begin);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::span<const float> vector = vectors[asked[begin + r]];
      norms[r] = norm(vector);
      for (std::size_t i = 0; i < dimension_; ++i)
        units[r * dimension_ + i] =
            norms[r] == 0 ? 0.0F : static_cast<float>(static_cast<double>(vector[i]) / norms[r]);
    }
    for (std::size_t first = 0; first < size(); first += core::kTileColumns) {
      core::multiply({units.data(), dimension_},
                     {panels_.data() + first * dimension_, core::kTileColumns}, rows, dimension_,
                     core::kTileColumns, {products.data(), core::kTileColumns});
      const std::size_t kept = std::min(core::kTileColumns, size() - first);
      for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t row = asked[begin + r];
        const float* const product = products.data() + r * core::kTileColumns;
        for (std::size_t k = 0; k < kept && marks[row] == 0; ++k)
          if (product[k] > surely_above_ ||
              (product[k] > surely_below_ &&
               cosine(vectors[row], norms[r], first + k) > threshold_))
            marks[row] = 1;
      }
    }
  }
}

std::vector<std::size_t> SimilarityFilter::keep(const Vectors& vectors,
                                                std::span<unsigned char> marks) {
  std::vector<std::size_t> places;
  for (std::size_t begin = 0; begin < marks.size(); begin += kRows) {
    const std::size_t rows = std::min(kRows, marks.size() - begin);
    kept_.mark_similar(vectors.range(begin, rows), marks.subspan(begin, rows));
    KeptVectors fresh(vectors.dimension, kept_.threshold());
    for (std::size_t row = begin; row < begin + rows; ++row) {
      fresh.mark_similar(vectors.range(row, 1), marks.subspan(row, 1));
      if (marks[row] != 0) continue;
      fresh.keep(vectors[row]);
      places.push_back(row);
    }
    for (std::size_t i = places.size() - fresh.size(); i < places.size(); ++i)
      kept_.keep(vectors[places[i]]);
  }
  return places;
}

}  // namespace winnow::selection
