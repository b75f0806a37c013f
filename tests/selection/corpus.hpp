#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "core/partition.hpp"
#include "core/random.hpp"
#include "selection/greedy.hpp"
#include "tfidf/weighted_rows.hpp"

namespace winnow::selection::test {

struct Corpus {
  tfidf::WeightedRows weighted;
  std::vector<core::RowId> row;
  std::vector<double> score;
  std::vector<std::uint32_t> cost;

  [[nodiscard]] GreedyRows input() const { return {row, score, {}, weighted}; }
  [[nodiscard]] GreedyRows costed_input() const { return {row, score, cost, weighted}; }
};

/// How a random corpus looks: `copies` of 8 rows repeat an earlier row; `coarse` draws scores and
/// weights from a handful of values.
struct Shape {
  std::size_t rows = 200;
  std::size_t terms = 60;
  std::size_t longest = 12;
  std::size_t copies = 2;
  bool coarse = false;
  double scale = 1.0;  ///< of the scores
};

inline double uniform(std::uint64_t word) { return static_cast<double>(word >> 11) * 0x1p-53; }

inline Corpus random_corpus(std::uint64_t seed, const Shape& shape) {
  std::uint64_t drawn = 0;
  const auto draw = [&] { return core::random_word(seed, 7, drawn++); };
  const auto number = [&] {
    return shape.coarse ? static_cast<double>(draw() % 4 + 1) / 8 : uniform(draw());
  };
  Corpus corpus;
  for (std::size_t t = 0; t < shape.terms; ++t)
    corpus.weighted.terms.push_back({core::mix64(t), static_cast<std::uint32_t>(t)});
  std::sort(corpus.weighted.terms.begin(), corpus.weighted.terms.end());
  corpus.weighted.row_begin.push_back(0);
  for (std::size_t i = 0; i < shape.rows; ++i) {
    auto& [terms, begin, term, weight, singleton] = corpus.weighted;
    if (i > 0 && draw() % 8 < shape.copies) {
      const std::size_t like = draw() % i;
      const std::vector<std::uint32_t> same_term(
          term.begin() + static_cast<std::ptrdiff_t>(begin[like]),
          term.begin() + static_cast<std::ptrdiff_t>(begin[like + 1]));
      const std::vector<double> same_weight(
          weight.begin() + static_cast<std::ptrdiff_t>(begin[like]),
          weight.begin() + static_cast<std::ptrdiff_t>(begin[like + 1]));
      term.insert(term.end(), same_term.begin(), same_term.end());
      weight.insert(weight.end(), same_weight.begin(), same_weight.end());
      singleton.push_back(singleton[like]);
    } else {
      std::set<std::uint32_t> chosen;
      for (std::size_t t = draw() % (shape.longest + 1); t > 0; --t) {
        const double skewed = uniform(draw());
        chosen.insert(
            static_cast<std::uint32_t>(skewed * skewed * static_cast<double>(shape.terms)));
      }
      for (const std::uint32_t each : chosen) {
        term.push_back(each);
        weight.push_back(number());
      }
      singleton.push_back(draw() % 3 == 0 ? number() : 0.0);
    }
    begin.push_back(term.size());
    corpus.row.push_back(3 * i + draw() % 3);
    corpus.score.push_back(number() * shape.scale);
    corpus.cost.push_back(static_cast<std::uint32_t>(draw() % 50 + 1));
  }
  return corpus;
}

/// `rows` equal documents of one shared term, scores as given by `score(i)`.
template <class Score>
Corpus copies_of_one_row(std::size_t rows, const Score& score) {
  Corpus corpus;
  corpus.weighted.terms.push_back({42, 1});
  corpus.weighted.row_begin.push_back(0);
  for (std::size_t i = 0; i < rows; ++i) {
    corpus.weighted.term.push_back(0);
    corpus.weighted.weight.push_back(1.0);
    corpus.weighted.row_begin.push_back(i + 1);
    corpus.weighted.singleton_weight.push_back(0.0);
    corpus.row.push_back(i);
    corpus.score.push_back(score(i));
    corpus.cost.push_back(1);
  }
  return corpus;
}

/// The rows of one rank, with only the terms that occur there.
inline Corpus part_of(const Corpus& whole, std::uint64_t ranks, std::uint64_t rank) {
  const core::RowRange range = core::block_range(whole.row.size(), ranks, rank);
  const auto& from = whole.weighted;
  std::set<std::uint32_t> used(
      from.term.begin() + static_cast<std::ptrdiff_t>(from.row_begin[range.begin]),
      from.term.begin() + static_cast<std::ptrdiff_t>(from.row_begin[range.end]));
  const std::vector<std::uint32_t> kept(used.begin(), used.end());
  Corpus part;
  for (const std::uint32_t each : kept) part.weighted.terms.push_back(from.terms[each]);
  part.weighted.row_begin.push_back(0);
  for (std::uint64_t i = range.begin; i < range.end; ++i) {
    for (std::uint64_t e = from.row_begin[i]; e < from.row_begin[i + 1]; ++e) {
      const auto place = std::lower_bound(kept.begin(), kept.end(), from.term[e]) - kept.begin();
      part.weighted.term.push_back(static_cast<std::uint32_t>(place));
      part.weighted.weight.push_back(from.weight[e]);
    }
    part.weighted.row_begin.push_back(part.weighted.term.size());
    part.weighted.singleton_weight.push_back(from.singleton_weight[i]);
    part.row.push_back(whole.row[i]);
    part.score.push_back(whole.score[i]);
    part.cost.push_back(whole.cost[i]);
  }
  return part;
}

/// The loop that evaluates every row at every pick, in the doubles that greedy.hpp promises.
inline std::vector<core::RowId> naive_greedy(const Corpus& corpus, double decay,
                                             std::size_t picks) {
  const auto& [terms, begin, term, weight, singleton] = corpus.weighted;
  std::vector<std::size_t> covered(terms.size(), 0);
  std::vector<double> power{1.0};
  std::vector<bool> is_picked(corpus.row.size(), false);
  std::vector<core::RowId> picked;
  while (picked.size() < std::min(picks, corpus.row.size())) {
    std::size_t best = corpus.row.size();
    double best_gain = 0;
    for (std::size_t i = 0; i < corpus.row.size(); ++i) {
      if (is_picked[i]) continue;
      std::array<double, 4> sum{singleton[i], 0, 0, 0};
      for (std::size_t e = begin[i]; e < begin[i + 1]; ++e)
        sum[(e - begin[i]) % 4] += weight[e] * power[covered[term[e]]];
      const double gain = corpus.score[i] * ((sum[0] + sum[1]) + (sum[2] + sum[3]));
      if (gain > best_gain) {
        best = i;
        best_gain = gain;
      }
    }
    if (best == corpus.row.size()) {  // nothing gains: score descending, then row id
      for (std::size_t i = 0; i < corpus.row.size(); ++i)
        if (!is_picked[i] && (best == corpus.row.size() || corpus.score[i] > corpus.score[best]))
          best = i;
    }
    is_picked[best] = true;
    picked.push_back(corpus.row[best]);
    for (std::size_t e = begin[best]; e < begin[best + 1]; ++e)
      if (++covered[term[e]] == power.size()) power.push_back(power.back() * decay);
  }
  return picked;
}

}  // namespace winnow::selection::test
