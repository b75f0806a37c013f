#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mpi/communicator.hpp"
#include "tfidf/document_terms.hpp"
#include "tfidf/weigh.hpp"

namespace winnow::tfidf {

/// The fit over all ranks' documents, as one rank sees it.
struct GlobalFrequencies {
  Fit fit;  ///< the same on every rank
  std::vector<std::uint32_t>
      documents;  ///< how many documents have each of this rank's terms; [local]
};

/// Collective. Every rank gives its terms; each term is counted at the rank that owns its range of
/// hashes.
/// @throws DataError on all ranks for 2^32 documents or more
[[nodiscard]] GlobalFrequencies exchange_frequencies(const mpi::Communicator& communicator,
                                                     std::span<const TermFrequency> local,
                                                     std::uint64_t local_documents);

/// This rank's rows, fitted on the documents of all ranks.
struct Vectorized {
  Fit fit;            ///< the same on every rank
  WeightedRows rows;  ///< of this rank's documents, in the order of `add`
};

/// Collective. TF-IDF over the documents of all ranks (`scikit_learn`: its
/// TfidfVectorizer(ngram_range=(1, 3))); any rank may have none. A document's weights do not depend
/// on how the documents lie on the ranks.
[[nodiscard]] Vectorized vectorize(const mpi::Communicator& communicator, DocumentTerms&& terms,
                                   Weighting weighting = Weighting::scikit_learn);

}  // namespace winnow::tfidf
