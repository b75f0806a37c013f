#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "selection/vectors.hpp"

namespace winnow::selection {

/// Vectors, and for each the `cosine_similarity` to the pick that it is most similar to. A product
/// in float32 passes over picks that its rounding cannot make the nearest, the rest is computed in
/// float64: the similarities are those of the plain loop in every bit.
class NearestPicks {
 public:
  /// @param vectors  must outlive this object
  explicit NearestPicks(const Vectors& vectors);

  /// -infinity before the first pick. [vectors]
  [[nodiscard]] std::span<const double> similarity() const { return similarity_; }
  /// Many picks at once cost far less than one by one.
  void add(const Vectors& picks);

 private:
  Vectors vectors_;
  std::vector<double> norm_;
  std::vector<double> similarity_;
};

}  // namespace winnow::selection
