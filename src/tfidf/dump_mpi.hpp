#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mpi/communicator.hpp"
#include "tfidf/document_terms.hpp"

namespace winnow::tfidf {

/// A whole TF-IDF model in readable form (`tfidf.dump: true`), a compressed sparse row matrix
/// [documents, terms].
struct Dump {
  Fit fit;
  std::vector<std::string>
      terms;  ///< in ascending order of their UTF-8 bytes, which is Python's order of strings
  std::vector<std::uint64_t> df;  ///< [terms]
  std::vector<std::uint64_t>
      row_begin;  ///< [documents + 1] into `term` and `weight`; documents of rank 0, of rank 1, ...
  std::vector<std::uint32_t> term;  ///< index into `terms`, ascending within a row
  std::vector<double> weight;       ///< the very numbers that a selection uses
};

/// DocumentTerms that also keep the text of every term. Takes some hundred bytes per distinct
/// n-gram, and rank 0 will hold the model of all ranks: for data sets of a size that one looks at.
class DumpTerms {
 public:
  void add(std::string_view text);

 private:
  friend Dump dump(const mpi::Communicator& communicator, DumpTerms&& dump_terms);
  struct HashOfKey {
    std::size_t operator()(const TermKey& key) const { return key.hash; }
  };

  DocumentTerms terms_;
  std::unordered_map<TermKey, std::string, HashOfKey> texts_;
};

/// Collective. The fit and the weights of `vectorize` for all terms, singletons too. Complete on
/// rank 0, only `fit` elsewhere.
/// @throws DataError on all ranks for 2^32 terms or more
[[nodiscard]] Dump dump(const mpi::Communicator& communicator, DumpTerms&& dump_terms);

}  // namespace winnow::tfidf
