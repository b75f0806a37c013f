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

/// `cosine_similarity` but for `quick_cosine_error`, in a fraction of its time.
[[nodiscard]] double quick_cosine(std::span<const float> a, double norm_a, std::span<const float> b,
                                  double norm_b);
[[nodiscard]] double quick_cosine_error(std::size_t dimension);

/// Whether `cosine_similarity` is above `limit`; it is computed where `quick_cosine` cannot tell.
[[nodiscard]] bool is_more_similar(std::span<const float> a, double norm_a,
                                   std::span<const float> b, double norm_b, double limit);

/// The larger of `least` and `cosine_similarity`, which is computed where `quick_cosine` cannot
/// tell.
[[nodiscard]] double larger_cosine(double least, std::span<const float> a, double norm_a,
                                   std::span<const float> b, double norm_b);

/// The length of a vector, summed in float64 in the order of the elements.
[[nodiscard]] double norm(std::span<const float> vector);
[[nodiscard]] std::vector<double> norms(const Vectors& vectors);

/// How far a product in float32 of two vectors of length 1 lies from `cosine_similarity`, at most.
[[nodiscard]] double product_error(std::size_t dimension);

}  // namespace winnow::selection
