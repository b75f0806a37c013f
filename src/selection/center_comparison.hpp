#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "selection/cosine_bounds.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Vectors, and for each the `cosine_similarity` to the pick that it is most similar to, of the
/// picks that it has been compared with. Bounds pass over picks that cannot be the nearest, the
/// rest is computed in float64: the similarities are those of the plain loop in every bit.
class CenterComparison {
 public:
  /// @param vectors  must outlive this object
  explicit CenterComparison(const Vectors& vectors)
      : CenterComparison(vectors, fastest_form(vectors.dimension)) {}
  CenterComparison(const Vectors& vectors, BoundForm form);

  /// -infinity before the first picks.
  [[nodiscard]] double similarity(std::size_t row) const { return similarity_[row]; }
  [[nodiscard]] bool is_current(std::size_t row) const { return compared_[row] == bounds_.size(); }
  /// Memory for so many kept picks, or all that are ever kept, so that none is needed to grow.
  void reserve(std::size_t picks);
  /// Keeps the picks for later comparisons. With the first ones all vectors are compared at once,
  /// and again when picks are kept for half as many as there are vectors: then they are forgotten,
  /// so that their memory stays within that of the vectors.
  void add(const Vectors& picks);
  /// Compares the rows with the picks that they have not been compared with.
  void catch_up(std::vector<std::size_t> rows);

 private:
  void compare(std::span<const std::size_t> rows, std::size_t first_panel);
  /// Row r of the blocks of bounds with panels from `first_panel` on.
  void compare(std::size_t row, float error, std::span<const UpperBounds> upper, std::size_t r,
               std::size_t first_panel);

  Vectors vectors_;
  bool is_begun_ = false;
  std::vector<double> norm_;
  std::vector<double> similarity_;
  std::vector<std::size_t>
      compared_;              ///< how many of the kept picks each row has been compared with
  std::vector<float> picks_;  ///< kept
  std::vector<double> pick_norm_;
  CosineBounds bounds_;
};

}  // namespace winnow::selection
