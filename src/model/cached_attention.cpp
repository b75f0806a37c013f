#include "model/cached_attention.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/vector_clones.hpp"

namespace winnow::model {
namespace {

/// scores[t] = scale * query . key of token t
WINNOW_VECTOR_CLONES void score_keys(const float* query, float scale, const float* keys,
                                     std::size_t stride, std::size_t size, std::size_t tokens,
                                     float* scores) {
  for (std::size_t t = 0; t < tokens; ++t) scores[t] = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const float factor = scale * query[i];
    const float* row = keys + i * stride;
#pragma omp simd
    for (std::size_t t = 0; t < tokens; ++t) scores[t] += factor * row[t];
  }
}

/// out = sum of weights[t] * value of token t
WINNOW_VECTOR_CLONES void mix_values(const float* weights, const float* values, std::size_t size,
                                     std::size_t tokens, float* out) {
  for (std::size_t i = 0; i < size; ++i) out[i] = 0;
  for (std::size_t t = 0; t < tokens; ++t) {
    const float weight = weights[t];
    const float* row = values + t * size;
#pragma omp simd
    for (std::size_t i = 0; i < size; ++i) out[i] += weight * row[i];
  }
}

void softmax(std::span<float> scores) {
  const float largest = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (float& score : scores) {
    score = std::exp(score - largest);
    sum += score;
  }
  for (float& score : scores) score /= sum;
}

}  // namespace

void attend_to_cached_head(std::span<const float> queries, const CachedHead& head, float scale,
                           float limit, std::span<float> out) {
  const std::size_t seen = head.end - head.first;
  std::vector<float> scores(seen);
  for (std::size_t query = 0; query < queries.size(); query += head.size) {
    score_keys(queries.data() + query, scale, head.keys + head.first, head.stride, head.size, seen,
               scores.data());
    if (limit > 0)
      for (float& score : scores) score = limit * std::tanh(score / limit);
    softmax(scores);
    mix_values(scores.data(), head.values + head.first * head.size, head.size, seen,
               out.data() + query);
  }
}

}  // namespace winnow::model
