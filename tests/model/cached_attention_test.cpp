#include "model/cached_attention.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace {

using winnow::model::CachedHead;

struct Cache {
  std::size_t size, capacity;
  std::vector<float> keys, values, queries;
};

Cache random_cache(std::size_t size, std::size_t capacity, std::size_t query_heads) {
  std::mt19937 generator(size * 1000 + capacity);
  std::normal_distribution<float> normal;
  const auto numbers = [&](std::size_t count) {
    std::vector<float> list(count);
    for (float& number : list) number = normal(generator);
    return list;
  };
  return {size, capacity, numbers(size * capacity), numbers(size * capacity),
          numbers(size * query_heads)};
}

/// In double, token by token.
std::vector<double> expected(const Cache& cache, std::size_t query, std::size_t first,
                             std::size_t end, double scale, double limit) {
  std::vector<double> weights;
  double sum = 0;
  for (std::size_t t = first; t < end; ++t) {
    double score = 0;
    for (std::size_t i = 0; i < cache.size; ++i)
      score += static_cast<double>(cache.queries[query * cache.size + i]) *
               static_cast<double>(cache.keys[i * cache.capacity + t]);
    score *= scale;
    if (limit > 0) score = limit * std::tanh(score / limit);
    weights.push_back(std::exp(score));
    sum += weights.back();
  }
  std::vector<double> out(cache.size, 0);
  for (std::size_t t = first; t < end; ++t)
    for (std::size_t i = 0; i < cache.size; ++i)
      out[i] += weights[t - first] / sum * static_cast<double>(cache.values[t * cache.size + i]);
  return out;
}

TEST(CachedAttention, IsTheSoftmaxOverWhatIsSeen) {
  constexpr std::size_t kQueryHeads = 3;
  struct Case {
    std::size_t size, capacity, first, end;
    float scale, limit;
  };
  for (const Case& one : {Case{64, 200, 0, 137, 0.125F, 0}, Case{10, 40, 17, 33, 0.3F, 0},
                          Case{7, 9, 0, 1, 1, 0}, Case{16, 50, 3, 50, 0.5F, 1.5F}}) {
    const Cache cache = random_cache(one.size, one.capacity, kQueryHeads);
    std::vector<float> out(one.size * kQueryHeads);
    const CachedHead head{.keys = cache.keys.data(),
                          .values = cache.values.data(),
                          .stride = one.capacity,
                          .size = one.size,
                          .first = one.first,
                          .end = one.end};
    attend_to_cached_head(cache.queries, head, one.scale, one.limit, out);
    for (std::size_t query = 0; query < kQueryHeads; ++query) {
      const auto wanted = expected(cache, query, one.first, one.end, static_cast<double>(one.scale),
                                   static_cast<double>(one.limit));
      for (std::size_t i = 0; i < one.size; ++i)
        EXPECT_NEAR(static_cast<double>(out[query * one.size + i]), wanted[i], 1e-5);
    }
  }
}

}  // namespace
