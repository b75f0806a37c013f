#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "selection/vectors.hpp"

namespace winnow::selection {

/// The cosine of the angle between two vectors: the sum in float64 of the products of their
/// elements, each divided by its vector's float64 norm, in the order of the elements. 0 where a
/// vector has no length.
[[nodiscard]] double cosine_similarity(std::span<const float> a, std::span<const float> b);

/// The same from norms that are known.
[[nodiscard]] double cosine_similarity(std::span<const float> a, double norm_a,
                                       std::span<const float> b, double norm_b);

/// The length of a vector, summed in float64 in the order of the elements.
[[nodiscard]] double norm(std::span<const float> vector);
[[nodiscard]] std::vector<double> norms(const Vectors& vectors);

/// How far a product in float32 of two vectors of length 1 lies from `cosine_similarity`, at most.
[[nodiscard]] double product_error(std::size_t dimension);

/// Vectors that are kept, and the question whether others are too similar to one of them. Answers
/// are those of `cosine_similarity`: a product in float32 settles what its rounding cannot change,
/// the rest is computed again.
class KeptVectors {
 public:
  /// @param dimension  of all vectors
  /// @param threshold  a cosine above it is too similar
  KeptVectors(std::size_t dimension, double threshold);

  [[nodiscard]] double threshold() const { return threshold_; }
  [[nodiscard]] std::size_t size() const { return norms_.size(); }
  void keep(std::span<const float> vector);
  /// Marks the vectors that are too similar to a kept one; marked ones are passed over.
  void mark_similar(const Vectors& vectors, std::span<unsigned char> marks) const;

 private:
  [[nodiscard]] double cosine(std::span<const float> vector, double length, std::size_t kept) const;

  std::size_t dimension_;
  double threshold_;
  float surely_below_;  ///< a float32 product up to this means no
  float surely_above_;  ///< one above this means yes
  std::vector<float> vectors_;
  std::vector<double> norms_;
  std::vector<float> panels_;  ///< of unit vectors: [panels][dimension][core::kTileColumns]
};

/// Goes through vectors once, in order, and keeps each that is not too similar to a kept one.
class SimilarityFilter {
 public:
  SimilarityFilter(std::size_t dimension, double threshold) : kept_(dimension, threshold) {}

  /// The next vectors: the places of those that are kept. @param marks  1: too similar to something
  /// else, to be passed over
  std::vector<std::size_t> keep(const Vectors& vectors, std::span<unsigned char> marks);

 private:
  KeptVectors kept_;
};

}  // namespace winnow::selection
