#include "tfidf/vectorize_mpi.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"

namespace winnow::tfidf {
namespace {

// Terms sorted by hash are sorted by owner: rank r owns the r-th of `ranks` equal ranges of hashes.
std::vector<std::uint64_t> count_by_owner(std::span<const TermFrequency> terms,
                                          std::uint64_t ranks) {
  std::vector<std::uint64_t> counts(ranks);
  auto begin = terms.begin();
  for (std::uint64_t owner = 0; owner < ranks; ++owner) {
    const auto end = std::partition_point(begin, terms.end(), [&](const TermFrequency& term) {
      return (((term.hash >> 32) * ranks) >> 32) <= owner;
    });
    counts[owner] = static_cast<std::uint64_t>(end - begin);
    begin = end;
  }
  return counts;
}

template <typename T>
std::vector<std::span<T>> split(std::span<T> values, std::span<const std::uint64_t> counts) {
  std::vector<std::span<T>> parts;
  for (const std::uint64_t count : counts) {
    parts.push_back(values.first(count));
    values = values.subspan(count);
  }
  return parts;
}

/// Cuts the terms up to `last` off every shard; all of them without.
std::vector<std::span<const TermFrequency>> cut_off(
    std::span<std::span<const TermFrequency>> shards, const TermFrequency* last) {
  std::vector<std::span<const TermFrequency>> parts;
  for (auto& shard : shards) {
    const auto end = last == nullptr ? shard.end()
                                     : std::partition_point(shard.begin(), shard.end(),
                                                            [&](const TermFrequency& term) {
                                                              return term.key() <= last->key();
                                                            });
    const auto count = static_cast<std::size_t>(end - shard.begin());
    parts.push_back(shard.first(count));
    shard = shard.subspan(count);
  }
  return parts;
}

/// What the owner of a range of hashes finds in the terms of all ranks, some thousands at a time.
/// @param answers  for every term asked for
/// @returns the fit of the range
Fit count_owned(std::vector<std::span<const TermFrequency>> asked,
                std::vector<std::span<std::uint32_t>> answers) {
  constexpr std::size_t kTermsAtOnce = 1 << 14;
  const std::size_t some = std::max<std::size_t>(1, kTermsAtOnce / asked.size());
  const auto size_of = [](const auto& shard) { return shard.size(); };
  Fit fit;
  for (;;) {
    const auto& longest = *std::ranges::max_element(asked, {}, size_of);
    if (longest.empty()) return fit;
    const auto parts = cut_off(asked, longest.size() > some ? &longest[some - 1] : nullptr);
    const MergedFrequencies owned = merge(parts);
    fit.terms += owned.all.size();
    for (const TermFrequency& term : owned.all) fit.df_sum += term.documents;
    for (std::size_t r = 0; r < parts.size(); ++r) {
      std::ranges::transform(owned.place[r], answers[r].begin(),
                             [&](std::uint32_t place) { return owned.all[place].documents; });
      answers[r] = answers[r].subspan(parts[r].size());
    }
  }
}

}  // namespace

GlobalFrequencies exchange_frequencies(const mpi::Communicator& communicator,
                                       std::span<const TermFrequency> local,
                                       std::uint64_t local_documents) {
  GlobalFrequencies global;
  global.fit.documents = mpi::sum(communicator, local_documents);
  mpi::agree_on(communicator, [&] {
    if (global.fit.documents > std::numeric_limits<std::uint32_t>::max())
      throw core::DataError(fmt::format("TF-IDF over {} documents: at most 2^32 - 1 are supported",
                                        global.fit.documents));
  });

  // What a rank asks itself stays where it is.
  const auto ranks = static_cast<std::size_t>(communicator.size());
  const auto self = static_cast<std::size_t>(communicator.rank());
  const std::vector<std::uint64_t> counts = count_by_owner(local, ranks);
  std::vector<std::uint64_t> asked_counts =
      mpi::all_to_all<std::uint64_t>(communicator, counts, std::vector<std::uint64_t>(ranks, 1))
          .values;
  asked_counts[self] = 0;
  std::vector<TermFrequency> received(
      std::reduce(asked_counts.begin(), asked_counts.end(), std::uint64_t{0}));
  std::vector<std::uint32_t> answers(received.size());
  global.documents.resize(local.size());
  const auto incoming = split(std::span(received), asked_counts);
  auto outgoing = split(local, counts);
  std::vector<std::span<const TermFrequency>> asked(incoming.begin(), incoming.end());
  std::swap(asked[self], outgoing[self]);
  mpi::all_to_all<TermFrequency>(communicator, outgoing, incoming);

  auto answered = split(std::span(answers), asked_counts);
  auto known = split(std::span(global.documents), counts);
  std::swap(answered[self], known[self]);
  const Fit owned = mpi::agree_on(communicator, [&] { return count_owned(asked, answered); });
  answered[self] = {};
  mpi::all_to_all<std::uint32_t>(
      communicator, std::vector<std::span<const std::uint32_t>>(answered.begin(), answered.end()),
      known);
  global.fit.terms = mpi::sum(communicator, owned.terms);
  global.fit.df_sum = mpi::sum(communicator, owned.df_sum);
  return global;
}

Vectorized vectorize(const mpi::Communicator& communicator, DocumentTerms&& terms,
                     Weighting weighting) {
  const InvertedTerms shard =
      mpi::agree_on(communicator, [&] { return std::move(terms).invert(); });
  const GlobalFrequencies global =
      exchange_frequencies(communicator, shard.frequencies, shard.documents);
  return {global.fit, mpi::agree_on(communicator, [&] {
            return weigh(shard, global.documents, global.fit.documents, Singletons::fold,
                         weighting);
          })};
}

}  // namespace winnow::tfidf
