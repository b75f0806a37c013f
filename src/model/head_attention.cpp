#include "model/head_attention.hpp"

#include <algorithm>
#include <cmath>

#include "model/exponential.hpp"
#include "model/vector_clones.hpp"

namespace winnow::model {
namespace {

/// A tile of a product: so many queries by so many columns, kept in registers.
constexpr std::size_t kQueries = 4;
constexpr std::size_t kColumns = 32;

std::size_t filled_up(std::size_t count) { return (count + kColumns - 1) / kColumns * kColumns; }

/// The queries of a tile.
struct Quad {
  const float* row[kQueries];
};

/// c[q * c_stride + j] = sum over k of a.row[q][k] * b[k * b_stride + j], for j < kColumns
[[gnu::always_inline]] inline void multiply_tile(const Quad& a, const float* b,
                                                 std::size_t b_stride, std::size_t depth, float* c,
                                                 std::size_t c_stride) {
  float sums[kQueries][kColumns] = {};
  for (std::size_t k = 0; k < depth; ++k) {
    const float* row = b + k * b_stride;
    for (std::size_t q = 0; q < kQueries; ++q) {
      const float factor = a.row[q][k];
#pragma omp simd
      for (std::size_t j = 0; j < kColumns; ++j) sums[q][j] = std::fma(factor, row[j], sums[q][j]);
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q)
    for (std::size_t j = 0; j < kColumns; ++j) c[q * c_stride + j] = sums[q][j];
}

/// c [kQueries, columns] = a b, columns a multiple of kColumns
WINNOW_VECTOR_CLONES void multiply(const Quad& a, const float* b, std::size_t b_stride,
                                   std::size_t depth, std::size_t columns, float* c,
                                   std::size_t c_stride) {
  for (std::size_t j = 0; j < columns; j += kColumns)
    multiply_tile(a, b + j, b_stride, depth, c + j, c_stride);
}

/// scores[t] becomes exp(cap(scale * scores[t]) - maximum of them); their sum.
WINNOW_VECTOR_CLONES float exponentials(float* scores, std::size_t count, float scale,
                                        float limit) {
  if (limit > 0) {
    for (std::size_t t = 0; t < count; ++t)
      scores[t] = limit * std::tanh(scale * scores[t] / limit);
    scale = 1;
  }
  float largest = scores[0];
#pragma omp simd reduction(max : largest)
  for (std::size_t t = 0; t < count; ++t) largest = scores[t] > largest ? scores[t] : largest;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t t = 0; t < count; ++t) {
    scores[t] = exponential(scale * (scores[t] - largest));
    sum += scores[t];
  }
  return sum;
}

}  // namespace

HeadAttention::HeadAttention(const AttentionRule& rule, std::size_t rows)
    : rule_(rule),
      key_stride_(filled_up(rows)),
      value_width_(filled_up(rule.head_size)),
      keys_(new float[rule.head_size * key_stride_]()),
      values_(new float[rows * value_width_]()),
      scores_(new float[kQueries * key_stride_]),
      mixed_(new float[kQueries * value_width_]) {}

void HeadAttention::add(HeadRows<const float> keys, HeadRows<const float> values) {
  for (std::size_t r = 0; r < keys.rows; ++r) {
    for (std::size_t i = 0; i < rule_.head_size; ++i)
      keys_[i * key_stride_ + rows_ + r] = keys.first[r * keys.stride + i];
    std::copy_n(values.first + r * values.stride, rule_.head_size,
                values_.get() + (rows_ + r) * value_width_);
  }
  rows_ += keys.rows;
}

HeadAttention::Seen HeadAttention::seen_from(std::size_t row) const {
  return {rule_.window == 0 || row < rule_.window ? 0 : row + 1 - rule_.window,
          rule_.is_causal ? row + 1 : rows_};
}

void HeadAttention::attend(HeadRows<const float> queries, std::size_t first_row,
                           HeadRows<float> out) {
  for (std::size_t begin = 0; begin < queries.rows; begin += kQueries)
    attend_tile(queries, begin, first_row, out);
}

void HeadAttention::attend_tile(HeadRows<const float> queries, std::size_t begin,
                                std::size_t first_row, HeadRows<float> out) {
  const std::size_t count = std::min(kQueries, queries.rows - begin);
  const std::size_t first = seen_from(first_row + begin).first / kColumns * kColumns;
  const std::size_t end = seen_from(first_row + begin + count - 1).end;
  Quad quad, weights;
  for (std::size_t q = 0; q < kQueries; ++q) {  // what is missing repeats the last
    const std::size_t taken = std::min(q, count - 1);
    quad.row[q] = queries.first + (begin + taken) * queries.stride;
    weights.row[q] = scores_.get() + taken * key_stride_;
  }
  multiply(quad, keys_.get() + first, key_stride_, rule_.head_size, filled_up(end - first),
           scores_.get(), key_stride_);
  float sums[kQueries];
  for (std::size_t q = 0; q < count; ++q) {
    const Seen seen = seen_from(first_row + begin + q);
    float* const scores = scores_.get() + q * key_stride_;
    std::fill(scores, scores + (seen.first - first), 0.0F);
    std::fill(scores + (seen.end - first), scores + (end - first), 0.0F);
    sums[q] = exponentials(scores + (seen.first - first), seen.end - seen.first, rule_.scale,
                           rule_.limit);
  }
  multiply(weights, values_.get() + first * value_width_, value_width_, end - first, value_width_,
           mixed_.get(), value_width_);
  for (std::size_t q = 0; q < count; ++q) {
    float* const row = out.first + (begin + q) * out.stride;
    const float* const mixed = mixed_.get() + q * value_width_;
    for (std::size_t i = 0; i < rule_.head_size; ++i) row[i] = mixed[i] / sums[q];
  }
}

}  // namespace winnow::model
