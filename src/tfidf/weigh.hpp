#pragma once

#include <cstdint>
#include <span>

#include "tfidf/document_terms.hpp"
#include "tfidf/weighted_rows.hpp"

namespace winnow::tfidf {

/// What becomes of the terms of one document only.
enum class Singletons {
  fold,  ///< into `singleton_weight`
  keep,  ///< as terms like any other; `singleton_weight` is 0
};

/// What a term weighs in a document.
enum class Weighting {
  scikit_learn,  ///< tf * smooth_idf, rows L2-normalised: IterIT
  /// tf * ln(documents / df), the logarithm to the nearest multiple of 2^-40, so that sums below
  /// 2^13 are exact and rows of equal weights have equal sums: GraphFilter, arXiv:2410.12458,
  /// section 3.2.
  tf_log_idf,
};

/// The shard's rows of weights. A document without words has a row of zeros. The bits of a row
/// depend on its text, `documents` and the frequencies alone: a norm adds the shared terms in
/// ascending order of their keys to the singletons' part, which is computed from integer sums.
///
/// @param frequencies  over all shards, of each term of `shard`; [shard.frequencies.size()]
/// @param documents    over all shards
[[nodiscard]] WeightedRows weigh(const InvertedTerms& shard,
                                 std::span<const std::uint32_t> frequencies,
                                 std::uint64_t documents, Singletons singletons,
                                 Weighting weighting = Weighting::scikit_learn);

}  // namespace winnow::tfidf
