#include "tfidf/document_terms.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

#include "core/error.hpp"

namespace winnow::tfidf {
namespace {

constexpr int kBucketBits = 9;
constexpr int kDigitBits = 8;

}  // namespace

DocumentTerms::DocumentTerms() : buckets_(std::size_t{1} << kBucketBits) {}

void DocumentTerms::add(std::string_view text) {
  core::check(documents_ < std::numeric_limits<std::uint32_t>::max(),
              "a shard has less than 2^32 documents");
  ngrams_.start(text);
  for (auto found = ngrams_.next(); !found.empty(); found = ngrams_.next())
    for (const text::NgramHash& ngram : found)
      buckets_[ngram.hash >> (64 - kBucketBits)].push_back({ngram.hash, ngram.check, documents_});
  ++documents_;
}

// Ascending (hash, check, document). Occurrences of equal terms come in the order of their
// documents and stay in it.
void DocumentTerms::sort(std::vector<Occurrence>& bucket, std::vector<Occurrence>& scratch) {
  const auto is_before = [](const Occurrence& a, const Occurrence& b) {
    return std::tie(a.hash, a.check) < std::tie(b.hash, b.check);
  };
  constexpr std::size_t kFewEnoughToCompare = 256;
  if (bucket.size() <= kFewEnoughToCompare) {
    std::stable_sort(bucket.begin(), bucket.end(), is_before);
    return;
  }
  // Two stable passes over the bits below the bucket's own settle nearly all of the order.
  scratch.resize(bucket.size());
  for (const int shift : {64 - kBucketBits - 2 * kDigitBits, 64 - kBucketBits - kDigitBits}) {
    constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
    const auto digit = [shift](const Occurrence& o) { return (o.hash >> shift) & (kDigits - 1); };
    std::array<std::size_t, kDigits + 1> begin{};
    for (const Occurrence& occurrence : bucket) ++begin[digit(occurrence) + 1];
    for (std::size_t d = 0; d < kDigits; ++d) begin[d + 1] += begin[d];
    for (const Occurrence& occurrence : bucket) scratch[begin[digit(occurrence)]++] = occurrence;
    std::swap(bucket, scratch);
  }
  // What shares those bits is sorted by comparison.
  constexpr int kSettled = 64 - kBucketBits - 2 * kDigitBits;
  for (auto first = bucket.begin(); first != bucket.end();) {
    const auto last = std::find_if(first, bucket.end(), [&](const Occurrence& o) {
      return (o.hash >> kSettled) != (first->hash >> kSettled);
    });
    if (!std::is_sorted(first, last, is_before)) std::stable_sort(first, last, is_before);
    first = last;
  }
}

InvertedTerms DocumentTerms::invert() && {
  InvertedTerms inverted;
  inverted.documents = documents_;
  std::size_t occurrences = 0;
  for (const auto& bucket : buckets_) occurrences += bucket.size();
  inverted.postings.reserve(occurrences);
  inverted.frequencies.reserve(occurrences);

  std::vector<Occurrence> bucket;
  std::vector<Occurrence> scratch;
  auto& terms = inverted.frequencies;
  auto& postings = inverted.postings;
  for (auto& stored : buckets_) {
    stored.move_to(bucket);
    sort(bucket, scratch);
    for (const Occurrence& o : bucket) {
      const bool is_new_term = terms.empty() || terms.back().key() != TermKey{o.hash, o.check};
      if (is_new_term) terms.push_back({o.hash, o.check, 0});
      if (is_new_term || postings.back().document != o.document) {
        ++terms.back().documents;
        postings.push_back({o.document, 0});
      }
      ++postings.back().count;
    }
  }
  documents_ = 0;
  return inverted;
}

}  // namespace winnow::tfidf
