#include "tfidf/document_frequency.hpp"

#include <algorithm>
#include <cmath>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::tfidf {
namespace {

// The first position in [begin, all.size()) that is not before `key`; cheap where it is near
// `begin`.
std::size_t gallop(std::span<const TermFrequency> all, std::size_t begin, const TermKey& key) {
  const auto is_before = [&](std::size_t i) { return all[i].key() < key; };
  std::size_t step = 1;
  while (begin + step < all.size() && is_before(begin + step)) {
    begin += step;
    step *= 2;
  }
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto last =
      all.begin() + static_cast<std::ptrdiff_t>(std::min(begin + step + 1, all.size()));
  const auto found = std::lower_bound(
      first, last, key, [](const TermFrequency& a, const TermKey& b) { return a.key() < b; });
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace

DocumentFrequencies merge(std::span<const TermFrequency> a, std::span<const TermFrequency> b) {
  DocumentFrequencies merged;
  merged.reserve(std::max(a.size(), b.size()));
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const auto order = a[i].key() <=> b[j].key();
    if (order < 0) {
      merged.push_back(a[i++]);
    } else if (order > 0) {
      merged.push_back(b[j++]);
    } else {
      const std::uint64_t sum = std::uint64_t{a[i].documents} + b[j].documents;
      merged.push_back({a[i].hash, a[i].check, core::checked_cast<std::uint32_t>(sum)});
      ++i;
      ++j;
    }
  }
  merged.insert(merged.end(), a.begin() + static_cast<std::ptrdiff_t>(i), a.end());
  merged.insert(merged.end(), b.begin() + static_cast<std::ptrdiff_t>(j), b.end());
  return merged;
}

std::vector<std::uint32_t> look_up(std::span<const TermFrequency> all,
                                   std::span<const TermFrequency> asked) {
  std::vector<std::uint32_t> found;
  found.reserve(asked.size());
  std::size_t position = 0;
  for (const TermFrequency& term : asked) {
    position = gallop(all, position, term.key());
    core::check(position < all.size() && all[position].key() == term.key(),
                "every term asked for was counted");
    found.push_back(all[position].documents);
  }
  return found;
}

double smooth_idf(std::uint64_t documents, std::uint64_t document_frequency) {
  return std::log(static_cast<double>(documents + 1) /
                  static_cast<double>(document_frequency + 1)) +
         1.0;
}

}  // namespace winnow::tfidf
