#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tfidf/document_terms.hpp"

namespace winnow::tfidf {

/// A whole TF-IDF model in readable form, for `tfidf.dump: true` (`tfidf.h5`).
struct Dump {
  Fit fit;
  // The vocabulary, in ascending order of its UTF-8 bytes (Python's order of strings), the same on every rank.
  std::string term_bytes;
  std::vector<std::uint64_t> term_begin;  ///< [terms + 1] into term_bytes
  std::vector<std::uint32_t> df;          ///< [terms]
  // This rank's rows.
  std::vector<std::uint64_t> row_begin;  ///< [n_local + 1] into `column` and `weight`
  std::vector<std::uint32_t> column;     ///< index into the vocabulary, ascending within a row
  std::vector<double> weight;            ///< the very numbers that the selection uses
};

/// DocumentTerms that also remembers what every key stands for. Every rank will hold the whole vocabulary: for data sets of a
/// size that one looks at, not for a hundred million rows.
class DumpTerms {
 public:
  void add(std::string_view text);

 private:
  friend Dump dump_mpi(DumpTerms&& terms, MPI_Comm communicator);
  DocumentTerms terms_;
};

/// Collective. The same fit and weights as `vectorize_mpi`, with all terms, singletons included, as text.
[[nodiscard]] Dump dump_mpi(DumpTerms&& terms, MPI_Comm communicator);

}  // namespace winnow::tfidf
