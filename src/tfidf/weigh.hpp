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

/// The shard's rows of TF-IDF weights, L2-normalised: w = tf * smooth_idf / norm. A document
/// without words has a row of zeros. The bits of a row depend on its text, `documents` and the
/// frequencies alone: a norm adds the shared terms in ascending order of their keys to the
/// singletons' part, which is computed from integer sums.
///
/// @param frequencies  over all shards, of each term of `shard`; [shard.frequencies.size()]
/// @param documents    over all shards
[[nodiscard]] WeightedRows weigh(const InvertedTerms& shard,
                                 std::span<const std::uint32_t> frequencies,
                                 std::uint64_t documents, Singletons singletons);

}  // namespace winnow::tfidf
