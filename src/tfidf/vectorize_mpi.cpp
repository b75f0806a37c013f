#include "tfidf/vectorize_mpi.hpp"

#include <algorithm>
#include <limits>
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

std::vector<std::span<const TermFrequency>> split(std::span<const TermFrequency> values,
                                                  std::span<const std::uint64_t> counts) {
  std::vector<std::span<const TermFrequency>> parts;
  for (const std::uint64_t count : counts) {
    parts.push_back(values.first(count));
    values = values.subspan(count);
  }
  return parts;
}

DocumentFrequencies merge_all(std::span<const std::span<const TermFrequency>> shards) {
  if (shards.size() == 1) return {shards[0].begin(), shards[0].end()};
  const std::size_t half = shards.size() / 2;
  return merge(merge_all(shards.first(half)), merge_all(shards.subspan(half)));
}

// What the owner of a range of hashes knows.
struct Owned {
  Fit fit;                             ///< of the range
  std::vector<std::uint32_t> answers;  ///< for every term asked for, in the order asked
};

Owned count_owned(const mpi::Gathered<TermFrequency>& asked) {
  const auto shards = split(asked.values, asked.counts);
  const DocumentFrequencies owned = merge_all(shards);
  Owned result;
  result.fit.terms = owned.size();
  for (const TermFrequency& term : owned) result.fit.df_sum += term.documents;
  result.answers.reserve(asked.values.size());
  for (const auto& shard : shards) {
    const auto found = look_up(owned, shard);
    result.answers.insert(result.answers.end(), found.begin(), found.end());
  }
  return result;
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

  const auto counts = count_by_owner(local, static_cast<std::uint64_t>(communicator.size()));
  const auto asked = mpi::all_to_all<TermFrequency>(communicator, local, counts);
  const Owned owned = mpi::agree_on(communicator, [&] { return count_owned(asked); });
  global.documents =
      mpi::all_to_all<std::uint32_t>(communicator, owned.answers, asked.counts).values;
  global.fit.terms = mpi::sum(communicator, owned.fit.terms);
  global.fit.df_sum = mpi::sum(communicator, owned.fit.df_sum);
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
