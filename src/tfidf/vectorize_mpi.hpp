#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "tfidf/document_terms.hpp"
#include "tfidf/weigh.hpp"

namespace winnow::tfidf {

/// This rank's rows, fitted on the documents of all ranks.
struct Vectorized {
  Fit fit;                                 ///< the same on every rank
  WeightedRows rows;                       ///< of this rank's documents, in the order of `add`
};

/// Collective. TF-IDF over the documents of all ranks (scikit-learn's TfidfVectorizer(ngram_range=(1, 3))); any rank may hold
/// none. Document frequencies are counted at the rank that owns the term's range of hashes; the result does not depend on how
/// the documents lie on the ranks.
[[nodiscard]] Vectorized vectorize_mpi(DocumentTerms&& terms, MPI_Comm communicator);

/// Collective. The frequencies over all ranks of this rank's terms.   [local]
///
/// @param max_terms  about how many terms a rank receives at once; the exchange takes as many rounds as that needs. Equal on
///                   all ranks.
struct GlobalFrequencies {
  std::vector<std::uint32_t> documents;
  Fit fit;
};
[[nodiscard]] GlobalFrequencies exchange_mpi(std::span<const TermFrequency> local, std::uint64_t local_documents,
                                             std::uint64_t max_terms, MPI_Comm communicator);

}  // namespace winnow::tfidf
