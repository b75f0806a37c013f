#include "model/head_attention.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace winnow::model {
namespace {

/// Query, key and value rows of one head, side by side.
struct Sequence {
  std::size_t size, rows;
  std::vector<float> numbers;

  Sequence(std::size_t head_size, std::size_t count) : size(head_size), rows(count) {
    std::mt19937 generator(static_cast<unsigned>(size * 1000 + rows));
    std::normal_distribution<float> normal;
    numbers.resize(rows * 3 * size);
    for (float& number : numbers) number = normal(generator);
  }
  [[nodiscard]] HeadRows<const float> part(std::size_t which, std::size_t first,
                                           std::size_t count) const {
    return {numbers.data() + first * 3 * size + which * size, 3 * size, count};
  }
  [[nodiscard]] double at(std::size_t which, std::size_t row, std::size_t i) const {
    return static_cast<double>(numbers[(row * 3 + which) * size + i]);
  }
};

std::vector<double> expected(const Sequence& of, const AttentionRule& rule, std::size_t row) {
  const std::size_t end = rule.is_causal ? row + 1 : of.rows;
  const std::size_t first = rule.window == 0 || row < rule.window ? 0 : row + 1 - rule.window;
  std::vector<double> out(of.size, 0);
  double sum = 0;
  for (std::size_t t = first; t < end; ++t) {
    double score = 0;
    for (std::size_t i = 0; i < of.size; ++i) score += of.at(0, row, i) * of.at(1, t, i);
    score *= static_cast<double>(rule.scale);
    const auto limit = static_cast<double>(rule.limit);
    const double weight = std::exp(limit > 0 ? limit * std::tanh(score / limit) : score);
    sum += weight;
    for (std::size_t i = 0; i < of.size; ++i) out[i] += weight * of.at(2, t, i);
  }
  for (double& value : out) value /= sum;
  return out;
}

/// Rows [first, rows) after all rows were added in two pieces.
std::vector<float> attend(const Sequence& of, const AttentionRule& rule, std::size_t first) {
  const std::size_t piece = of.rows / 3;
  HeadAttention attention(rule, of.rows);
  attention.add(of.part(1, 0, piece), of.part(2, 0, piece));
  attention.add(of.part(1, piece, of.rows - piece), of.part(2, piece, of.rows - piece));
  std::vector<float> out((of.rows - first) * of.size);
  attention.attend(of.part(0, first, of.rows - first), first,
                   {out.data(), of.size, of.rows - first});
  return out;
}

TEST(HeadAttention, IsTheSoftmaxOverWhatEachRowSees) {
  struct Case {
    std::size_t size, rows;
    AttentionRule rule;
  };
  for (const Case& one :
       {Case{64, 137, {64, 0.125F, 0, 0, true}}, Case{64, 137, {64, 0.125F, 0, 0, false}},
        Case{10, 70, {10, 0.3F, 0, 7, true}}, Case{80, 33, {80, 0.2F, 1.5F, 0, true}},
        Case{7, 100, {7, 1, 2, 40, true}}, Case{1, 1, {1, 1, 0, 0, true}},
        Case{33, 5, {33, 1, 0, 1, true}}, Case{16, 97, {16, 0.25F, 0, 200, true}}}) {
    const Sequence sequence(one.size, one.rows);
    for (const std::size_t first : {std::size_t{0}, one.rows / 2}) {
      const std::vector<float> out = attend(sequence, one.rule, first);
      for (std::size_t row = first; row < one.rows; ++row) {
        const std::vector<double> right = expected(sequence, one.rule, row);
        for (std::size_t i = 0; i < one.size; ++i)
          ASSERT_NEAR(static_cast<double>(out[(row - first) * one.size + i]), right[i], 2e-6)
              << "size " << one.size << ", rows " << one.rows << ", row " << row;
      }
    }
  }
}

/// Where one key outweighs all others by more than an exponent holds, its value is the answer.
TEST(HeadAttention, ScoresBeyondAllExponentsStaySound) {
  Sequence sequence(8, 50);
  for (float& number : sequence.numbers) number *= 100;
  const AttentionRule rule{8, 1, 0, 0, true};
  const std::vector<float> out = attend(sequence, rule, 0);
  for (std::size_t row = 0; row < 50; ++row) {
    const auto score = [&](std::size_t key) {
      double sum = 0;
      for (std::size_t i = 0; i < 8; ++i) sum += sequence.at(0, row, i) * sequence.at(1, key, i);
      return sum;
    };
    std::size_t best = 0;
    for (std::size_t key = 1; key <= row; ++key)
      if (score(key) > score(best)) best = key;
    for (std::size_t i = 0; i < 8; ++i)
      ASSERT_FLOAT_EQ(out[row * 8 + i], static_cast<float>(sequence.at(2, best, i))) << row;
  }
}

}  // namespace
}  // namespace winnow::model
