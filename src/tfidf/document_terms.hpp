#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/ngrams.hpp"
#include "tfidf/chunked_list.hpp"
#include "tfidf/document_frequency.hpp"

namespace winnow::tfidf {

/// One document that has a term, and how often.
struct Posting {
  std::uint32_t document = 0;  ///< index in the shard
  std::uint32_t count = 0;
  bool operator==(const Posting&) const = default;
};

/// A shard's terms with the documents that have them.
struct InvertedTerms {
  std::uint32_t documents = 0;
  DocumentFrequencies frequencies;  ///< of this shard, keys ascending
  std::vector<Posting> postings;    ///< of the first term, of the second, ...:
                                    ///< `frequencies[t].documents` each, documents ascending
};

/// Reads documents one at a time into n-gram keys (n = 1, 2, 3). Keeps no text: 16 bytes per n-gram
/// read.
class DocumentTerms {
 public:
  DocumentTerms();

  /// The next document of the shard; it takes part in the fit and gets a row, even without any
  /// word.
  void add(std::string_view text);

  [[nodiscard]] std::uint32_t documents() const { return documents_; }

  /// Sorts what was read, releasing it step by step.
  [[nodiscard]] InvertedTerms invert() &&;

 private:
  struct Occurrence {
    std::uint64_t hash;
    std::uint32_t check;
    std::uint32_t document;
  };
  static void sort(std::vector<Occurrence>& bucket, std::vector<Occurrence>& scratch);

  std::uint32_t documents_ = 0;
  text::NgramScanner ngrams_;
  std::vector<ChunkedList<Occurrence>> buckets_;  // by the highest bits of the hash
};

}  // namespace winnow::tfidf
