#include "selection/similarity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/vector_clones.hpp"

namespace winnow::selection {
namespace {

WINNOW_VECTOR_CLONES double product_in_parts(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kParts = 32;
  double parts[kParts] = {};
  std::size_t i = 0;
  for (; i + kParts <= a.size(); i += kParts)
#pragma omp simd
    for (std::size_t part = 0; part < kParts; ++part)
      parts[part] += static_cast<double>(a[i + part]) * static_cast<double>(b[i + part]);
  for (; i < a.size(); ++i) parts[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

/// `cosine_similarity` of vectors with a length: only the sum is bound to its order.
WINNOW_VECTOR_CLONES double cosine_in_order(std::span<const float> a, double norm_a,
                                            std::span<const float> b, double norm_b) {
  constexpr std::size_t kTerms = 64;
  double terms[kTerms];
  double sum = 0;
  for (std::size_t first = 0; first < a.size(); first += kTerms) {
    const std::size_t count = std::min(kTerms, a.size() - first);
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
      terms[i] = (static_cast<double>(a[first + i]) / norm_a) *
                 (static_cast<double>(b[first + i]) / norm_b);
    for (std::size_t i = 0; i < count; ++i) sum += terms[i];
  }
  return sum;
}

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
  return cosine_in_order(a, norm_a, b, norm_b);
}

double cosine_similarity(std::span<const float> a, std::span<const float> b) {
  return cosine_similarity(a, norm(a), b, norm(b));
}

double quick_cosine(std::span<const float> a, double norm_a, std::span<const float> b,
                    double norm_b) {
  if (norm_a == 0 || norm_b == 0) return 0;
  return product_in_parts(a, b) / norm_a / norm_b;
}

// Each element, product and addition is off by at most half a unit in the last place of what has at
// most length 1 (Higham 2002, section 3.1); twice that is taken.
double product_error(std::size_t dimension) {
  return (static_cast<double>(dimension) + 8) * std::numeric_limits<float>::epsilon();
}

// The same bound for float64, of either cosine.
double quick_cosine_error(std::size_t dimension) {
  return 2 * (static_cast<double>(dimension) + 8) * std::numeric_limits<double>::epsilon();
}

bool is_more_similar(std::span<const float> a, double norm_a, std::span<const float> b,
                     double norm_b, double limit) {
  const double quick = quick_cosine(a, norm_a, b, norm_b);
  const double error = quick_cosine_error(a.size());
  if (quick > limit + error) return true;
  return quick >= limit - error && cosine_similarity(a, norm_a, b, norm_b) > limit;
}

double larger_cosine(double least, std::span<const float> a, double norm_a,
                     std::span<const float> b, double norm_b) {
  if (quick_cosine(a, norm_a, b, norm_b) < least - quick_cosine_error(a.size())) return least;
  return std::max(least, cosine_similarity(a, norm_a, b, norm_b));
}

}  // namespace winnow::selection
