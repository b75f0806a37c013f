#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

namespace winnow::tfidf {

/// A term (word n-gram) as 96 hash bits: equal keys are taken as equal terms; a collision in `hash`
/// alone is told apart by `check`.
struct TermKey {
  std::uint64_t hash = 0;
  std::uint32_t check = 0;
  auto operator<=>(const TermKey&) const = default;
};

/// This rank's documents as sparse rows of L2-normalised TF-IDF weights (scikit-learn's smooth
/// idf), in an order that does not depend on the rank count. Terms of one document only (df == 1
/// over all ranks) never change another document's gain, so each row keeps just the sum of their
/// weights.
struct WeightedRows {
  std::vector<TermKey> terms;  ///< shared terms (df >= 2) that occur on this rank, ascending
  std::vector<std::uint64_t> row_begin;  ///< [n_local + 1] into `term` and `weight`
  std::vector<std::uint32_t> term;       ///< index into `terms`, ascending within a row
  std::vector<double> weight;            ///< [row_begin.back()]
  std::vector<double>
      singleton_weight;  ///< [n_local] sum of the weights of the row's df == 1 terms

  [[nodiscard]] std::size_t rows() const { return singleton_weight.size(); }
};

}  // namespace winnow::tfidf
