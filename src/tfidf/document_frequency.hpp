#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tfidf/weighted_rows.hpp"

namespace winnow::tfidf {

/// A term and how many documents have it.
struct TermFrequency {
  std::uint64_t hash = 0;
  std::uint32_t check = 0;
  std::uint32_t documents = 0;

  [[nodiscard]] TermKey key() const { return {hash, check}; }
  bool operator==(const TermFrequency&) const = default;
};

/// The document frequencies of a shard: keys strictly ascending.
using DocumentFrequencies = std::vector<TermFrequency>;

/// The frequencies of some disjoint sets of documents together.
struct MergedFrequencies {
  DocumentFrequencies all;
  std::vector<std::vector<std::uint32_t>> place;  ///< of each set's each term, in `all`
};

/// Exact, and the same in any order of the sets. At least one set, less than 2^32 terms.
/// @throws InternalError where a sum does not fit 32 bits
[[nodiscard]] MergedFrequencies merge(std::span<const std::span<const TermFrequency>> sets);

/// What a fit found; attributes `tfidf_rows`, `tfidf_terms`, `tfidf_df_sum` of a selection.
struct Fit {
  std::uint64_t documents = 0;
  std::uint64_t terms = 0;
  std::uint64_t df_sum = 0;
  bool operator==(const Fit&) const = default;
};

/// Inverse document frequency with scikit-learn's smoothing: ln((1 + n) / (1 + df)) + 1.
[[nodiscard]] double smooth_idf(std::uint64_t documents, std::uint64_t document_frequency);

}  // namespace winnow::tfidf
