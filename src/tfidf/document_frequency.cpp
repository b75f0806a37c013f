#include "tfidf/document_frequency.hpp"

#include <cmath>
#include <numeric>
#include <utility>

#include "core/checked_cast.hpp"

namespace winnow::tfidf {
namespace {

struct MergedPair {
  DocumentFrequencies all;
  std::vector<std::uint32_t> place_a;  // of each term of a, in `all`
  std::vector<std::uint32_t> place_b;
};

MergedPair merge_pair(std::span<const TermFrequency> a, std::span<const TermFrequency> b) {
  MergedPair merged;
  merged.all.reserve(a.size() + b.size());
  merged.place_a.reserve(a.size());
  merged.place_b.reserve(b.size());
  while (!a.empty() || !b.empty()) {
    const auto place = static_cast<std::uint32_t>(merged.all.size());
    const bool has_b = a.empty() || (!b.empty() && b.front().key() <= a.front().key());
    const bool has_a = !has_b || (!a.empty() && a.front().key() == b.front().key());
    std::uint64_t documents = 0;
    if (has_a) {
      merged.all.push_back(a.front());
      merged.place_a.push_back(place);
      documents = a.front().documents;
      a = a.subspan(1);
    }
    if (has_b) {
      if (!has_a) merged.all.push_back(b.front());
      merged.place_b.push_back(place);
      documents += b.front().documents;
      b = b.subspan(1);
    }
    merged.all.back().documents = core::checked_cast<std::uint32_t>(documents);
  }
  return merged;
}

}  // namespace

MergedFrequencies merge(std::span<const std::span<const TermFrequency>> sets) {
  MergedFrequencies merged;
  if (sets.size() == 1) {
    merged.all.assign(sets[0].begin(), sets[0].end());
    auto& place = merged.place.emplace_back(sets[0].size());
    std::iota(place.begin(), place.end(), 0U);
    return merged;
  }
  MergedFrequencies a = merge(sets.first(sets.size() / 2));
  MergedFrequencies b = merge(sets.subspan(sets.size() / 2));
  MergedPair both = merge_pair(a.all, b.all);
  merged.all = std::move(both.all);
  const auto take = [&](MergedFrequencies& part, std::span<const std::uint32_t> place_of) {
    for (auto& places : part.place) {
      for (std::uint32_t& place : places) place = place_of[place];
      merged.place.push_back(std::move(places));
    }
  };
  take(a, both.place_a);
  take(b, both.place_b);
  return merged;
}

double smooth_idf(std::uint64_t documents, std::uint64_t document_frequency) {
  return std::log(static_cast<double>(documents + 1) /
                  static_cast<double>(document_frequency + 1)) +
         1.0;
}

}  // namespace winnow::tfidf
