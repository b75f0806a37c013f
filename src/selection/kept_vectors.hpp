#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "selection/cosine_bounds.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Vectors that are kept, and the question whether others are too similar to one of them. Answers
/// are those of `cosine_similarity`, which is computed where bounds do not settle them: they do not
/// depend on the form of the bounds.
class KeptVectors {
 public:
  /// @param dimension  of all vectors
  /// @param threshold  a cosine above it is too similar
  KeptVectors(std::size_t dimension, double threshold)
      : KeptVectors(dimension, threshold, fastest_form(dimension)) {}
  KeptVectors(std::size_t dimension, double threshold, BoundForm form)
      : dimension_(dimension), threshold_(threshold), bounds_(dimension, form) {}

  /// Memory for so many vectors, so that none is needed to grow.
  void reserve(std::size_t vectors);
  [[nodiscard]] double threshold() const { return threshold_; }
  [[nodiscard]] BoundForm form() const { return bounds_.form(); }
  [[nodiscard]] std::size_t size() const { return norm_.size(); }
  /// Marks the vectors that are too similar to a kept one; marked ones are passed over.
  /// @param norm  of each vector
  void mark_similar(const Vectors& vectors, std::span<const double> norm,
                    std::span<unsigned char> marks) const;
  void keep(std::span<const float> vector, double norm);

 private:
  std::size_t dimension_;
  double threshold_;
  CosineBounds bounds_;
  std::vector<float> value_;
  std::vector<double> norm_;
};

/// Goes through vectors once, in order, and keeps each that is not too similar to a kept one.
class SimilarityFilter {
 public:
  SimilarityFilter(std::size_t dimension, double threshold)
      : SimilarityFilter(dimension, threshold, fastest_form(dimension)) {}
  SimilarityFilter(std::size_t dimension, double threshold, BoundForm form)
      : kept_(dimension, threshold, form) {}

  /// Memory for so many kept vectors, so that none is needed to grow.
  void reserve(std::size_t vectors) { kept_.reserve(vectors); }
  /// The next vectors: the places of those that are kept. @param marks  1: too similar to something
  /// else, to be passed over
  std::vector<std::size_t> keep(const Vectors& vectors, std::span<const double> norm,
                                std::span<unsigned char> marks);

 private:
  KeptVectors kept_;
};

}  // namespace winnow::selection
