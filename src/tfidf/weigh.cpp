#include "tfidf/weigh.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::tfidf {
namespace {

// What a row's weights are divided by and its folded part, gathered over its terms.
struct RowSums {
  double shared_squares = 0;           // in ascending order of the keys
  std::uint64_t singleton_counts = 0;  // sums of tf and tf^2 over terms of this document only
  std::uint64_t singleton_squares = 0;
  std::uint64_t terms = 0;  // kept in the row

  [[nodiscard]] double norm(double singleton_idf) const {
    return std::sqrt(shared_squares +
                     singleton_idf * singleton_idf * static_cast<double>(singleton_squares));
  }
};

// A kept term of a row.
struct Entry {
  std::uint32_t term = 0;
  std::uint32_t count = 0;
};

double log_idf(std::uint64_t documents, std::uint64_t frequency) {
  const double log = std::log(static_cast<double>(documents) / static_cast<double>(frequency));
  return std::ldexp(std::nearbyint(std::ldexp(log, 40)), -40);
}

template <typename Visit>
void for_each_term(const InvertedTerms& shard, Visit visit) {
  std::size_t begin = 0;
  for (std::size_t t = 0; t < shard.frequencies.size(); ++t) {
    const std::size_t count = shard.frequencies[t].documents;
    visit(t, std::span(shard.postings).subspan(begin, count));
    begin += count;
  }
}

}  // namespace

WeightedRows weigh(const InvertedTerms& shard, std::span<const std::uint32_t> frequencies,
                   std::uint64_t documents, Singletons singletons, Weighting weighting) {
  core::check(frequencies.size() == shard.frequencies.size(),
              "every term of the shard has a frequency");
  const bool is_normalised = weighting == Weighting::scikit_learn;
  const auto idf_of = [&](std::uint64_t frequency) {
    return is_normalised ? smooth_idf(documents, frequency) : log_idf(documents, frequency);
  };
  const double singleton_idf = idf_of(1);
  const auto is_kept = [&](std::uint32_t frequency) {
    return frequency > 1 || singletons == Singletons::keep;
  };

  WeightedRows rows;
  std::vector<double> idf;  // of the kept terms
  const auto kept_terms = static_cast<std::size_t>(std::ranges::count_if(frequencies, is_kept));
  rows.terms.reserve(kept_terms);
  idf.reserve(kept_terms);
  std::vector<RowSums> sums(shard.documents);
  for_each_term(shard, [&](std::size_t t, std::span<const Posting> postings) {
    if (is_kept(frequencies[t])) {
      rows.terms.push_back(shard.frequencies[t].key());
      idf.push_back(frequencies[t] > 1 ? idf_of(frequencies[t]) : singleton_idf);
    }
    for (const Posting& posting : postings) {
      RowSums& row = sums[posting.document];
      if (frequencies[t] > 1) {
        const double weight = posting.count * idf.back();
        row.shared_squares += weight * weight;
      } else {
        row.singleton_counts += posting.count;
        row.singleton_squares += std::uint64_t{posting.count} * posting.count;
      }
      if (is_kept(frequencies[t])) ++row.terms;
    }
  });

  rows.row_begin.assign(shard.documents + std::size_t{1}, 0);
  for (std::size_t d = 0; d < shard.documents; ++d)
    rows.row_begin[d + 1] = rows.row_begin[d] + sums[d].terms;
  rows.term.resize(rows.row_begin.back());
  rows.weight.resize(rows.row_begin.back());
  rows.singleton_weight.assign(shard.documents, 0.0);

  std::vector<std::uint64_t> next(rows.row_begin.begin(), rows.row_begin.end() - 1);
  std::uint32_t kept = 0;
  for_each_term(shard, [&](std::size_t t, std::span<const Posting> postings) {
    if (!is_kept(frequencies[t])) return;
    for (const Posting& posting : postings) {
      // One scattered write, and not two: the entry stands where its weight will.
      rows.weight[next[posting.document]++] = std::bit_cast<double>(Entry{kept, posting.count});
    }
    ++kept;
  });

  for (std::size_t d = 0; d < shard.documents; ++d) {
    const double norm = is_normalised ? sums[d].norm(singleton_idf) : 1;
    for (std::uint64_t i = rows.row_begin[d]; i < rows.row_begin[d + 1]; ++i) {
      const auto entry = std::bit_cast<Entry>(rows.weight[i]);
      rows.term[i] = entry.term;
      rows.weight[i] = entry.count * idf[entry.term] / norm;
    }
    if (singletons == Singletons::fold && sums[d].singleton_counts > 0)
      rows.singleton_weight[d] =
          static_cast<double>(sums[d].singleton_counts) * singleton_idf / norm;
  }
  return rows;
}

}  // namespace winnow::tfidf
