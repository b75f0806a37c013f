#include "selection/term_ids_mpi.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "mpi/collectives.hpp"

namespace winnow::selection {
namespace {

/// Owners hold equal ranges of the hashes' upper 32 bits, in rank order.
std::size_t owner_of_hash(std::uint64_t hash, std::size_t ranks) {
  return static_cast<std::size_t>(((hash >> 32) * ranks) >> 32);
}

}  // namespace

TermIds number_terms(const mpi::Communicator& communicator, std::span<const tfidf::TermKey> terms) {
  const auto ranks = static_cast<std::size_t>(communicator.size());
  std::vector<std::uint64_t> counts(ranks, 0);
  for (const tfidf::TermKey& term : terms) ++counts[owner_of_hash(term.hash, ranks)];
  const mpi::Gathered<tfidf::TermKey> asked = mpi::all_to_all(communicator, terms, counts);

  std::vector<tfidf::TermKey> owned = asked.values;
  std::sort(owned.begin(), owned.end());
  owned.erase(std::unique(owned.begin(), owned.end()), owned.end());
  const std::uint64_t first = mpi::exclusive_scan(communicator, owned.size());
  TermIds ids;
  ids.total = mpi::sum(communicator, owned.size());
  core::check(ids.total <= std::numeric_limits<std::uint32_t>::max(),
              "shared terms are numbered in 32 bits");

  std::vector<std::uint32_t> answers;
  answers.reserve(asked.values.size());
  for (const tfidf::TermKey& term : asked.values) {
    const auto place = std::lower_bound(owned.begin(), owned.end(), term) - owned.begin();
    answers.push_back(static_cast<std::uint32_t>(first + static_cast<std::uint64_t>(place)));
  }
  ids.id =
      mpi::all_to_all(communicator, std::span<const std::uint32_t>(answers), asked.counts).values;
  return ids;
}

}  // namespace winnow::selection
